/** The WebRTC library of the emulator's server. */
export type Werift = typeof import('werift')

/** Loads it, or gives nothing when it is not installed: only who tests WebRTC needs it. */
export async function loadWerift(): Promise<Werift | undefined> {
  // Not a literal, so that no bundler takes it along or complains that it is absent.
  const name = 'werift'
  try {
    return (await import(name)) as Werift
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}
