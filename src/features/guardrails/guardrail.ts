import type { Clock } from '../../internal/clock.js'
import { withDeadline } from '../../internal/deadline.js'
import { GuardrailError, type TripReason } from './error.js'

/** A check of words. */
export interface Guardrail<Info = unknown> {
  /** What events and errors call it. */
  readonly name: string
  /** Judges words. It may take its time, but not more than `deadlineMs`. */
  check(input: GuardrailInput): Verdict<Info> | Promise<Verdict<Info>>
  /**
   * What happens to words that could not be judged, because the check threw, was too slow or answered no verdict: `closed` treats them
   * as if it had tripped, `open` lets them pass.
   * @defaultValue 'closed'
   */
  readonly onFailure?: 'open' | 'closed'
  /**
   * How long one check may take, in milliseconds.
   * @defaultValue 2_000
   */
  readonly deadlineMs?: number
}

/** What a guardrail says of words; `info` reaches the app with the event. */
export type Verdict<Info = unknown> = { readonly tripped: false } | { readonly tripped: true; readonly info?: Info }

/** Words to judge. */
export interface GuardrailInput {
  /** All words of one content part so far, from its beginning. */
  readonly text: string
  /** Whether no more words follow. */
  readonly isFinal: boolean
  /** The words of a spoken answer, a written answer, or the caller. */
  readonly source: 'transcript' | 'text' | 'caller'
  /** The response that they belong to; undefined for the caller's. */
  readonly responseId: string | undefined
  readonly itemId: string
  readonly contentIndex: number
  /** Aborts when nobody waits for this verdict any more. */
  readonly signal: AbortSignal
}

/** The `info` of a guardrail. */
export type InfoOf<G> = G extends Guardrail<infer Info> ? Info : never

/** A guardrail tripped. */
export interface GuardrailTripped<Info = unknown> {
  /** `TRIPPED`; it can be logged as it is, for no words are in it. */
  readonly error: GuardrailError<'TRIPPED'>
  /** The name of the guardrail. */
  readonly guardrail: string
  /** What the guardrail had to say; undefined when it tripped without a verdict. */
  readonly info: Info | undefined
  /** What the guardrail threw, if that is why. */
  readonly failure: unknown
  /** The words that were judged. */
  readonly text: string
  readonly isFinal: boolean
  readonly source: GuardrailInput['source']
  readonly responseId: string | undefined
  readonly itemId: string
  readonly reason: TripReason
}

/** Words passed that a guardrail whose policy is `open` could not judge. */
export interface GuardrailFailed {
  readonly guardrail: string
  readonly reason: Exclude<TripReason, 'verdict'>
  /** What the guardrail threw, if that is why. */
  readonly failure: unknown
  readonly responseId: string | undefined
  readonly itemId: string
}

const defaultDeadlineMs = 2_000

/** Refuses guardrails that could wait for ever. @throws {GuardrailError} `INVALID_OPTION`. */
export function assertDeadlines(guardrails: readonly Guardrail[]): void {
  for (const { name, deadlineMs = defaultDeadlineMs } of guardrails) assertDeadline(`deadlineMs of ${name}`, deadlineMs)
}

/** Refuses a deadline that never comes. @throws {GuardrailError} `INVALID_OPTION`. */
export function assertDeadline(option: string, ms: number): void {
  if (!(Number.isFinite(ms) && ms > 0))
    throw new GuardrailError('INVALID_OPTION', { option, problem: 'must be more than 0 and finite' })
}

/** What checks are made with. */
export interface CheckContext {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onFailed: (event: GuardrailFailed) => void
}

/**
 * Asks all guardrails at once. Resolves with the first that trips, as soon as it does; with undefined when all let the words pass, or when
 * the signal aborts, which is for the caller to ask. It never rejects.
 */
export function checkAll(
  guardrails: readonly Guardrail[],
  input: Omit<GuardrailInput, 'signal'>,
  context: CheckContext,
): Promise<GuardrailTripped | undefined> {
  return new Promise((resolve) => {
    const all = guardrails.map(async (guardrail) => {
      const trip = await checkOne(guardrail, input, context)
      if (trip) resolve(trip)
    })
    Promise.all(all).then(() => resolve(undefined))
  })
}

/** What the policies say of what has no words to judge: the first guardrail that is `closed` trips. */
export function judgeWordless(
  guardrails: readonly Guardrail[],
  input: Omit<GuardrailInput, 'signal'>,
  onFailed: CheckContext['onFailed'],
): GuardrailTripped | undefined {
  for (const guardrail of guardrails) {
    const trip = withoutVerdict(guardrail, input, onFailed, 'no words', undefined)
    if (trip) return trip
  }
  return undefined
}

async function checkOne(
  guardrail: Guardrail,
  input: Omit<GuardrailInput, 'signal'>,
  { clock, signal, onFailed }: CheckContext,
): Promise<GuardrailTripped | undefined> {
  const timeoutMs = guardrail.deadlineMs ?? defaultDeadlineMs
  const tooSlow = new Error('the deadline of the guardrail passed')
  try {
    const verdict = await withDeadline<Verdict>(
      { clock, signal, timeoutMs, timeoutError: () => tooSlow },
      (resolve, reject) => {
        const controller = new AbortController()
        const check = async () => guardrail.check({ ...input, signal: controller.signal })
        check().then(resolve, reject)
        return () => controller.abort()
      },
    )
    if (verdict?.tripped === true) return tripOf(guardrail, input, 'verdict', { info: verdict.info })
    if (verdict?.tripped === false) return undefined
  } catch (failure) {
    if (signal.aborted) return undefined
    if (failure === tooSlow) return withoutVerdict(guardrail, input, onFailed, 'deadline', undefined)
    return withoutVerdict(guardrail, input, onFailed, 'threw', failure)
  }
  return withoutVerdict(guardrail, input, onFailed, 'no verdict', undefined)
}

function withoutVerdict(
  guardrail: Guardrail,
  input: Omit<GuardrailInput, 'signal'>,
  onFailed: CheckContext['onFailed'],
  reason: GuardrailFailed['reason'],
  failure: unknown,
): GuardrailTripped | undefined {
  if (guardrail.onFailure !== 'open') return tripOf(guardrail, input, reason, { failure })
  const { responseId, itemId } = input
  onFailed({ guardrail: guardrail.name, reason, failure, responseId, itemId })
  return undefined
}

function tripOf(
  { name }: Guardrail,
  { text, isFinal, source, responseId, itemId }: Omit<GuardrailInput, 'signal'>,
  reason: TripReason,
  { info, failure }: { info?: unknown; failure?: unknown },
): GuardrailTripped {
  const error = new GuardrailError('TRIPPED', { guardrail: name, reason, responseId, itemId })
  return { error, guardrail: name, info, failure, text, isFinal, source, responseId, itemId, reason }
}
