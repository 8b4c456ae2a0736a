import {
  createSession,
  type MemoryPairOptions,
  memoryPair,
  type RealtimeSession,
  type SessionOptions,
} from 'realtime-primitives'
import { createManualClock } from '../../src/testing/clock.js'

/** An event as plain JSON, valid or invalid. */
export type Json = Record<string, unknown> & { type: string }

/** A session with a server that the test controls frame by frame. */
export interface Peer {
  readonly session: RealtimeSession
  readonly clock: ReturnType<typeof createManualClock>
  /** The events that the client has sent. */
  readonly sentEvents: readonly Json[]
  /** Sends server events, each with a generated `event_id`. */
  sendEvents(...events: Json[]): Promise<void>
  /** Sends a text frame unchanged. */
  sendFrame(frame: string): Promise<void>
  /** Waits until the client has sent an event of a type, and returns the last one. */
  expectSent(type: string): Promise<Json>
  hangUp(code?: number, reason?: string): Promise<void>
  /** Connects: sends session.created and acknowledges the configuration. */
  connect(): Promise<void>
}

export const sessionResource = {
  type: 'realtime',
  object: 'realtime.session',
  id: 'sess_1',
  model: 'gpt-realtime',
  expires_at: 2_000_000_000,
  audio: { input: { turn_detection: { type: 'server_vad', create_response: true } } },
}

export function createPeer(options: Partial<SessionOptions> = {}, { audio = 'events' }: MemoryPairOptions = {}): Peer {
  const [near, far] = memoryPair({ audio })
  const clock = createManualClock()
  const session = createSession({ transport: near, clock, ...options })
  const sentEvents: Json[] = []
  let count = 0
  far.on('message', (frame) => sentEvents.push(JSON.parse(frame)))
  far.open().catch(() => {})

  const peer: Peer = {
    session,
    clock,
    sentEvents,
    async sendEvents(...events) {
      for (const event of events) far.send(JSON.stringify({ event_id: `event_${++count}`, ...event }))
      await settle()
    },
    async sendFrame(frame) {
      far.send(frame)
      await settle()
    },
    async expectSent(type) {
      for (let turn = 0; turn < 50; turn++) {
        const event = sentEvents.findLast((candidate) => candidate.type === type)
        if (event) return event
        await settle()
      }
      throw new Error(`the client sent no ${type}`)
    },
    async hangUp(code = 1006, reason = '') {
      await far.close(code, reason)
      await settle()
    },
    async connect() {
      const connecting = session.connect()
      await settle()
      await peer.sendEvents({ type: 'session.created', session: sessionResource })
      if (options.config) await peer.sendEvents({ type: 'session.updated', session: sessionResource })
      await connecting
    },
  }
  return peer
}

/** Waits until all pending microtasks have run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}
