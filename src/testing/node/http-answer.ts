import type { Refusal } from '../emulator/rules.js'

/** What a request is answered with. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

export function refused(status: number, refusal: Refusal, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return json(status, { error: refusal }, headers)
}
