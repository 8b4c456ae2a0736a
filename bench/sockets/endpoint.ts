import type { Buffer } from 'node:buffer'

/** A contender's connection to the bench server. */
export interface Connection {
  /** Sends PCM16 bytes as `input_audio_buffer.append`. */
  append(audio: Buffer): void
}

/** Connects, and resolves when `session.created` is received. `onAudio` is called with the decoded bytes of each audio delta. */
export type Connect = (port: number, onAudio: (audio: Uint8Array) => void) => Promise<Connection>

export const model = 'gpt-realtime-2.1'
export const apiKey = 'sk-bench'

/** Returns the URL of the bench server, for contenders that take a complete URL. */
export function sessionUrl(port: number): string {
  return `ws://127.0.0.1:${port}/v1/realtime?model=${model}`
}

/** A command to the server, as JSON on the socket at {@link controlPath}. */
export type Command =
  /** Send the whole trace to one session as fast as the socket accepts it. Sessions are numbered from 0 in order of connection. */
  | { readonly command: 'flood'; readonly session: number }
  /** Send the paced conversation to every session. */
  | { readonly command: 'pace' }

export const controlPath = '/control'

/** Bytes at the start of a paced audio delta that hold its send time: a double and one byte, so that base64 aligns. */
export const stampBytes = 9

/** Time over which the starts of the paced conversations are spread, in milliseconds. About one turn. */
export const spreadMs = 6_000

/** Returns the time of the monotonic system clock in milliseconds. It is comparable between processes. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
