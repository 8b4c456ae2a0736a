import { useEffect, useState, useSyncExternalStore } from 'react'
import type { SessionState, TranscriptState } from 'realtime-primitives'
import { type Call, createCall } from './call'

export interface CallView {
  /** State of the session. `undefined` before the first call. */
  readonly session: SessionState | undefined
  readonly transcript: TranscriptState | undefined
  readonly isMuted: boolean
  /** The last error. */
  readonly problem: unknown
  start(): void
  end(): void
  setMuted(isMuted: boolean): void
  interrupt(): void
}

/** One call at a time, which ends with the component. Strict mode creates no second call, because only `start` creates one. */
export function useCall(baseUrl: string | undefined): CallView {
  const [call, setCall] = useState<Call>()
  const [isMuted, setMuted] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const session = useStore(call?.session)
  const transcript = useStore(call?.transcript)

  // The call ends with the component, and on `pagehide`, for which React runs no cleanup.
  useEffect(() => {
    if (!call) return
    const end = () => void call.end()
    addEventListener('pagehide', end)
    return () => {
      removeEventListener('pagehide', end)
      end()
    }
  }, [call])

  useEffect(() => call?.setMuted(isMuted), [call, isMuted])

  return {
    session,
    transcript,
    isMuted,
    problem,
    start() {
      setProblem(undefined)
      const next = createCall(baseUrl, setProblem)
      setCall(next)
      void next.start()
    },
    end: () => void call?.end(),
    setMuted,
    interrupt: () => void call?.session.interrupt(),
  }
}

/** Sessions and transcripts have immutable snapshots, which `useSyncExternalStore` accepts. */
interface Store<State> {
  getState(): State
  subscribe(listener: () => void): () => void
}

function useStore<State>(store: Store<State> | undefined): State | undefined {
  return useSyncExternalStore(
    store?.subscribe ?? never,
    () => store?.getState(),
    () => undefined,
  )
}

const never = () => () => {}
