import type { Way } from './backend.js'

/** Settings that the page loads from its server. */
export interface Settings {
  readonly service: 'emulator' | 'OpenAI'
  readonly model: string
  /** Kinds of connection that the server offers. */
  readonly ways: readonly Way[]
  /** Where the API is; the library knows where the real one is. */
  readonly baseUrl?: string
}

export async function fetchSettings(): Promise<Settings> {
  return (await fetch('/settings')).json()
}

/** A key for one connection. The standard key stays on the server. */
export async function fetchClientSecret(): Promise<string> {
  const answer = await fetch('/client-secret', { method: 'POST' })
  const { value, problem } = (await answer.json()) as { value?: string; problem?: string }
  if (value === undefined) throw new Error(problem ?? 'The server of this page gave no key.')
  return value
}
