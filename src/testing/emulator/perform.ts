import type { Desk, Production } from './production.js'
import type { Failure, Step } from './script.js'
import type { Sound } from './sound.js'
import { writeCall } from './write-call.js'
import { writeMessage } from './write-message.js'

/** How a response ended. */
export type Outcome =
  | { readonly status: 'completed' }
  | { readonly status: 'cancelled'; readonly reason: 'turn_detected' | 'client_cancelled' }
  | { readonly status: 'incomplete'; readonly reason: 'max_output_tokens' }
  | { readonly status: 'failed'; readonly error: Failure['error'] }

/** What a response is made of. */
export interface Performance {
  readonly steps: readonly Step[]
  /** Before the first output, in milliseconds. */
  readonly latencyMs: number
  /** The sound of a text; `undefined` when the response is written. */
  readonly speak: ((text: string) => Sound) | undefined
  /** Whether messages are marked with a phase. */
  readonly marksPhase: boolean
}

/** Makes the output of a response, step by step. */
export function* perform(desk: Desk, { steps, latencyMs, speak, marksPhase }: Performance): Production<Outcome> {
  yield desk.now() + latencyMs
  for (const [index, step] of steps.entries()) {
    if (step.step === 'fail') return { status: 'failed', error: step.error }
    if (step.step === 'silence') {
      yield desk.now() + step.ms
      continue
    }
    if (step.step === 'call') {
      if (!(yield* writeCall(desk, step))) return { status: 'incomplete', reason: 'max_output_tokens' }
      continue
    }
    const sound = speak && (step.audio ? { pcm: step.audio, rate: 24_000 } : speak(step.text))
    const isLast = steps.slice(index + 1).every(({ step }) => step === 'silence' || step === 'fail')
    const phase = step.phase ?? (marksPhase ? (isLast ? 'final_answer' : 'commentary') : undefined)
    if (!(yield* writeMessage(desk, { text: step.text, sound, phase }))) {
      return { status: 'incomplete', reason: 'max_output_tokens' }
    }
  }
  return { status: 'completed' }
}

/**
 * Runs a production on a clock until it returns, throws or is stopped.
 * @param after calls back after some milliseconds; the answer cancels it
 * @returns stops it: what is open is closed at once, and `onEnd` is not called
 */
export function run<Result>(
  production: Production<Result>,
  { now, after }: { now(): number; after(ms: number, callback: () => void): () => void },
  onEnd: (result: { readonly outcome: Result } | { readonly error: unknown }) => void,
): () => void {
  let cancel = () => {}
  let isStopped = false

  function go(): void {
    for (;;) {
      const next = attempt(production)
      if (isStopped) return
      if ('error' in next || next.done) {
        onEnd('error' in next ? next : { outcome: next.value })
        return
      }
      if (next.value > now()) {
        cancel = after(next.value - now(), go)
        return
      }
    }
  }

  go()
  return () => {
    isStopped = true
    cancel()
    production.return(undefined as never)
  }
}

function attempt<Result>(production: Production<Result>): IteratorResult<number, Result> | { readonly error: unknown } {
  try {
    return production.next()
  } catch (error) {
    return { error }
  }
}
