/** The response id of a frame that is otherwise not to be trusted. */
export function responseIdIn(frame: string): string | undefined {
  try {
    const id: unknown = JSON.parse(frame)?.response?.id
    return typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
}
