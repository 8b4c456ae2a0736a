import type { Transport } from '../../transports/transport.js'
import type { EmulatedSession } from './session.js'

/** The calls whose sound travels beside the events, which others may join by their ids. */
export interface LiveCalls {
  /** A call was answered; its session follows. */
  open(callId: string): void
  /** Whether a call can be joined. */
  has(callId: string): boolean
  /** The session of a call is there; whoever waits for it takes part from now on. */
  begin(callId: string, session: EmulatedSession): void
  /** A call that is over, or came to nothing. Whoever waits for its session is told so by a clean close. */
  end(callId: string): void
  /** Lets a client take part in a call, from the moment in which its session is there. */
  join(callId: string, client: Transport): Place
}

/** The place of one client in a session. */
export interface Place {
  /** Takes one frame of the client. */
  receive(frame: string): void
  leave(): void
}

interface Waiting {
  readonly client: Transport
  readonly frames: string[]
}

interface LiveCall {
  session: EmulatedSession | undefined
  readonly waiting: Set<Waiting>
}

/** What may wait to be said to a session that has not begun. */
const mostFrames = 256

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
          else if (place.frames.push(frame) > mostFrames) void client.close(1008, 'The call has not begun.')
        },
        leave() {
          call?.session?.part(client)
          call?.waiting.delete(place)
        },
      }
    },
  }
}
