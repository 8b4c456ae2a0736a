import type { Clock } from '../../internal/clock.js'
import { withDeadline } from '../../internal/deadline.js'
import { GuardrailError, type TripReason } from './error.js'

/** A check of text. */
export interface Guardrail<Info = unknown> {
  /** The name in events and errors. */
  readonly name: string
  /** Checks text. Returns the verdict, or a promise of it, within `deadlineMs`. */
  check(input: GuardrailInput): Verdict<Info> | Promise<Verdict<Info>>
  /**
   * What happens without a verdict, because the check threw, was too slow, or returned something else. `closed` treats the text as if the
   * guardrail had tripped, `open` lets it pass.
   * @defaultValue 'closed'
   */
  readonly onFailure?: 'open' | 'closed'
  /**
   * How long one check may take, in milliseconds.
   * @defaultValue 2_000
   */
  readonly deadlineMs?: number
}

/** The result of a check. `info` is passed to the app with the event. */
export type Verdict<Info = unknown> = { readonly tripped: false } | { readonly tripped: true; readonly info?: Info }

/** The text to check. */
export interface GuardrailInput {
  /** The whole text of one content part so far. */
  readonly text: string
  /** Whether the text is complete. */
  readonly isFinal: boolean
  /** Where the text comes from: the transcript of a spoken response, a written response, or the user. */
  readonly source: 'transcript' | 'text' | 'caller'
  /** The response that contains the text. `undefined` for the user's speech. */
  readonly responseId: string | undefined
  readonly itemId: string
  readonly contentIndex: number
  /** Aborts when the verdict has no effect any more. */
  readonly signal: AbortSignal
}

/** The type of the `info` of a guardrail. */
export type InfoOf<G> = G extends Guardrail<infer Info> ? Info : never

/** A guardrail tripped. */
export interface GuardrailTripped<Info = unknown> {
  /** The error, with the code `TRIPPED`. It contains no text, so it can be logged. */
  readonly error: GuardrailError<'TRIPPED'>
  /** The name of the guardrail. */
  readonly guardrail: string
  /** The `info` of the verdict. `undefined` when it tripped without a verdict. */
  readonly info: Info | undefined
  /** What the guardrail threw, if it threw. */
  readonly failure: unknown
  /** The text that was checked. */
  readonly text: string
  readonly isFinal: boolean
  readonly source: GuardrailInput['source']
  readonly responseId: string | undefined
  readonly itemId: string
  readonly reason: TripReason
}

/** Text passed without a verdict, because the guardrail failed and its `onFailure` is `open`. */
export interface GuardrailFailed {
  readonly guardrail: string
  readonly reason: Exclude<TripReason, 'verdict'>
  /** What the guardrail threw, if it threw. */
  readonly failure: unknown
  readonly responseId: string | undefined
  readonly itemId: string
}

const defaultDeadlineMs = 2_000

/** Checks the deadlines of guardrails. @throws {GuardrailError} `INVALID_OPTION`. */
export function assertDeadlines(guardrails: readonly Guardrail[]): void {
  for (const { name, deadlineMs = defaultDeadlineMs } of guardrails) assertDeadline(`deadlineMs of ${name}`, deadlineMs)
}

/** Checks that a deadline is finite. @throws {GuardrailError} `INVALID_OPTION`. */
export function assertDeadline(option: string, ms: number): void {
  if (!(Number.isFinite(ms) && ms > 0))
    throw new GuardrailError('INVALID_OPTION', { option, problem: 'must be more than 0 and finite' })
}

/** What a check needs besides its input. */
export interface CheckContext {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onFailed: (event: GuardrailFailed) => void
}

/**
 * Runs all guardrails at the same time. Resolves with the first one that trips, or with `undefined` when all passed or the signal aborted.
 * It never rejects.
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

/** Handles audio without a transcript: the first guardrail whose `onFailure` is `closed` trips. */
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
