import {
  createSession,
  type RealtimeSession,
  runTools,
  runTranscript,
  type Transport,
  type TransportEvents,
  tool,
} from 'realtime-primitives'
import { settle } from '../measure.js'

/** A transport without a network. `deliver` passes frames to it, and sent frames are counted. */
export interface DetachedTransport extends Transport {
  deliver(frame: string): void
  readonly sent: { frames: number; characters: number }
}

type Listener = (event: TransportEvents[keyof TransportEvents]) => void

export function detachedTransport(): DetachedTransport {
  const listeners = new Map<keyof TransportEvents, Set<Listener>>()
  const sent = { frames: 0, characters: 0 }
  let state: Transport['state'] = 'idle'

  function emit<K extends keyof TransportEvents>(type: K, event: TransportEvents[K]): void {
    for (const listener of listeners.get(type) ?? []) listener(event)
  }

  return {
    audio: 'events',
    bufferedAmount: 0,
    sent,
    get state() {
      return state
    },
    async open() {
      state = 'open'
      emit('open', undefined)
    },
    send(frame) {
      sent.frames += 1
      sent.characters += frame.length
    },
    async close(code = 1000, reason = '') {
      state = 'closed'
      emit('close', { code, reason, wasClean: true })
    },
    on(type, listener) {
      const set = listeners.get(type) ?? new Set()
      listeners.set(type, set.add(listener as Listener))
      return () => set.delete(listener as Listener)
    },
    deliver: (frame) => emit('message', frame),
  }
}

/** A connected session and its transport. */
export interface OurSession {
  readonly session: RealtimeSession
  readonly transport: DetachedTransport
}

/** Creates a session on a transport without a network. */
export async function ourSession(greeting: string): Promise<OurSession> {
  const transport = detachedTransport()
  const session = createSession({ transport })
  const connecting = session.connect()
  await settle()
  transport.deliver(greeting)
  await connecting
  return { session, transport }
}

/** A tool that is registered and never called. */
export const benchTool = tool({ name: 'look_up', description: 'Looks something up.', execute: () => 'nothing' })

/** Starts `runTranscript` on a session. Returns a function that stops it. */
export async function addTranscript({ session }: OurSession): Promise<() => void> {
  return runTranscript(session).stop
}

/** Starts `runTranscript` and `runTools`, and acknowledges the registered tools. Returns a function that stops both. */
export async function addTranscriptAndTools({ session, transport }: OurSession, greeting: string): Promise<() => void> {
  const transcript = runTranscript(session)
  const run = runTools(session, [benchTool])
  await settle()
  transport.deliver(greeting.replace('"session.created"', '"session.updated"'))
  await run.ready
  return () => {
    transcript.stop()
    run.stop()
  }
}
