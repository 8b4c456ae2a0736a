import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import type { ReceivedAudio } from './playout.js'

/** The connection of one caller. */
export interface CallerConnection {
  /** Sends one frame of audio as base64. Frames count from 1. */
  sendAudio(frame: string, number: number): void
  /** Does what is due at this time. */
  tick(nowMs: number): void
  /** Ends the call in the regular way. */
  hangUp(): void
  /** Cuts the connection. */
  drop(): void
}

/** What happens on a connection. After `onRefused`, `onFailed`, or `onClosed`, nothing follows. */
export interface ConnectionEvents {
  /** The caller may speak. */
  readonly onOpen: () => void
  readonly onAudio: (audio: ReceivedAudio, nowMs: number) => void
  /** Audio that was not played is dropped. */
  readonly onClear: () => void
  /** The server did not accept the call. */
  readonly onRefused: (reason: string, retryAfterMs: number | undefined) => void
  /** The call could not be connected. */
  readonly onFailed: (code: string) => void
  /** An open call was closed, by either side. */
  readonly onClosed: (code: string) => void
  /** The server reports an error. */
  readonly onError: (code: string) => void
  readonly onToolCall: () => void
  /** Time at which all received audio was played. */
  readonly playoutEndsAtMs: () => number
}

/** Options of a connection. */
export interface ConnectionOptions {
  readonly url: string
  readonly apiKey: string | undefined
  /** Number of the call in its process. */
  readonly id: number
  readonly tools: boolean
  readonly events: ConnectionEvents
}

const handshakeTimeoutMs = 10_000

/** A socket that reports its end once, as what it means for a call. */
export interface CallSocket {
  readonly isOpen: boolean
  send(text: string): void
  close(): void
  terminate(): void
}

/** Opens a WebSocket for a call. */
export function openCallSocket(
  url: string,
  headers: Readonly<Record<string, string>>,
  events: Pick<ConnectionEvents, 'onRefused' | 'onFailed' | 'onClosed'> & {
    readonly onOpen: () => void
    readonly onMessage: (text: string) => void
  },
): CallSocket {
  const socket = new WebSocket(url, { headers, perMessageDeflate: false, handshakeTimeout: handshakeTimeoutMs })
  let phase: 'connecting' | 'open' | 'ended' = 'connecting'

  function end(report: () => void): void {
    if (phase === 'ended') return
    phase = 'ended'
    report()
  }

  socket.on('open', () => {
    if (phase !== 'connecting') return
    phase = 'open'
    events.onOpen()
  })
  socket.on('message', (data) => {
    if (phase === 'open') events.onMessage(data.toString())
  })
  socket.on('unexpected-response', (_, response: IncomingMessage) => {
    const status = response.statusCode ?? 0
    response.resume()
    end(() => {
      if (isRefusal(status)) events.onRefused(`http_${status}`, retryAfterMs(response.headers['retry-after']))
      else events.onFailed(`http_${status}`)
    })
    socket.terminate()
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (phase === 'connecting') end(() => events.onFailed(error.code ?? 'connection_failed'))
  })
  socket.on('close', (code) => {
    const wasOpen = phase === 'open'
    end(() => (wasOpen ? events.onClosed(`closed_${code}`) : events.onFailed('connection_failed')))
  })
  return {
    get isOpen() {
      return phase === 'open'
    },
    send(text) {
      if (phase === 'open') socket.send(text)
    },
    close() {
      phase = 'ended'
      socket.close(1000)
    },
    terminate() {
      phase = 'ended'
      socket.terminate()
    },
  }
}

/** Returns whether a status means that the server is too busy for another call. */
export function isRefusal(status: number): boolean {
  return status === 503 || status === 429
}

/** Returns the delay of a `Retry-After` header in seconds, in milliseconds. */
export function retryAfterMs(header: string | null | undefined): number | undefined {
  const seconds = Number(header ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined
}
