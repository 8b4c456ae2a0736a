import { useEffect, useState, useSyncExternalStore } from 'react'
import type { SessionState, TranscriptState } from 'realtime-primitives'
import { type Call, createCall } from './call'

export interface CallView {
  /** The session as it stands; undefined before the first call. */
  readonly session: SessionState | undefined
  readonly transcript: TranscriptState | undefined
  readonly isMuted: boolean
  /** What went wrong last. */
  readonly problem: unknown
  begin(): void
  end(): void
  setMuted(isMuted: boolean): void
  interrupt(): void
}

/** One call at a time, which ends with the component. What React does twice makes no call: only `begin` does. */
export function useCall(baseUrl: string | undefined): CallView {
  const [call, setCall] = useState<Call>()
  const [isMuted, setMuted] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const session = useStore(call?.session)
  const transcript = useStore(call?.transcript)

  // It ends with the component, and when the page is left for another one or closed, of which React says nothing.
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
    begin() {
      setProblem(undefined)
      const next = createCall(baseUrl, setProblem)
      setCall(next)
      void next.begin()
    },
    end: () => void call?.end(),
    setMuted,
    interrupt: () => void call?.session.interrupt(),
  }
}

/** What the library has to show changes as a whole, and is the same object until it does: React needs no more. */
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
