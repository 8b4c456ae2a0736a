import type { Transport } from '../../transports/transport.js'
import type { EmulatedSession } from './session.js'

/** Calls with media tracks, which other clients can join by identifier. */
export interface LiveCalls {
  /** Registers an accepted call whose session has not started yet. */
  open(callId: string): void
  /** Returns whether a call can be joined. */
  has(callId: string): boolean
  /** Sets the session of a call and attaches the clients that wait for it. */
  begin(callId: string, session: EmulatedSession): void
  /** Removes a call. Clients that still wait for its session are closed with code 1000. */
  end(callId: string): void
  /** Attaches a client to a call as soon as its session exists. */
  join(callId: string, client: Transport): CallClient
}

/** One client of a call. */
export interface CallClient {
  /** Handles a frame of the client. */
  receive(frame: string): void
  disconnect(): void
}

interface Waiting {
  readonly client: Transport
  readonly frames: string[]
}

interface LiveCall {
  session: EmulatedSession | undefined
  readonly waiting: Set<Waiting>
}

/** Maximum number of frames that a client can send before the session starts. */
const maxQueuedFrames = 256

export function createLiveCalls(): LiveCalls {
  const calls = new Map<string, LiveCall>()

  return {
    open(callId) {
      calls.set(callId, { session: undefined, waiting: new Set() })
    },
    has: (callId) => calls.has(callId),
    begin(callId, session) {
      const call = calls.get(callId)
      if (!call) return
      call.session = session
      for (const { client, frames } of call.waiting) {
        session.join(client)
        for (const frame of frames) session.receive(frame, client)
      }
      call.waiting.clear()
    },
    end(callId) {
      const call = calls.get(callId)
      calls.delete(callId)
      for (const { client } of call?.waiting ?? []) void client.close(1000, 'The call is over.')
    },
    join(callId, client) {
      const call = calls.get(callId)
      const place: Waiting = { client, frames: [] }
      if (call?.session) call.session.join(client)
      else call?.waiting.add(place)
      return {
        receive(frame) {
          if (call?.session) call.session.receive(frame, client)
          else if (place.frames.push(frame) > maxQueuedFrames) void client.close(1008, 'The call has not begun.')
        },
        disconnect() {
          call?.session?.disconnect(client)
          call?.waiting.delete(place)
        },
      }
    },
  }
}
