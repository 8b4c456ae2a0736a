import type { Backend, Order } from '../backend.js'

/** Creates a backend that calls the server of this page. */
export function createRemoteBackend(): Backend {
  return {
    async verify(claim, signal) {
      const { customerId } = await post<{ customerId: string | null }>('/verify', { ...claim }, signal)
      return customerId ?? undefined
    },
    orders: (customerId, signal) => post<Order[]>('/orders', { customerId }, signal),
    startReturn: (customerId, orderId, signal) => post('/returns', { customerId, orderId }, signal),
    askSupervisor: async (question, signal) =>
      (await post<{ answer: string }>('/supervisor', { ...question }, signal)).answer,
  }
}

/** Sends a request to the server of this page. */
export async function post<T>(
  path: string,
  input: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<T> {
  const response = await fetch(path, { method: 'POST', body: JSON.stringify(input), ...(signal && { signal }) })
  const result = (await response.json().catch(() => ({}))) as T & { readonly problem?: string }
  if (!response.ok)
    throw new Error(result.problem ?? 'The server of this page does not respond. Try again in a minute.')
  return result
}
