import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { ReadableStore } from '../../internal/readable-store.js'
import { createRememberedIds } from '../../internal/remembered-ids.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import type { ClientEvent } from '../../protocol/client-events.js'
import type { Response } from '../../protocol/response.js'
import type { Session } from '../../protocol/session.js'
import type { TranscriptionSession as TranscriptionResource } from '../../protocol/transcription-session.js'
import type { TranscriptUsage } from '../../protocol/usage.js'
import { isInBand } from '../../session/state/response.js'
import { createStore } from '../../session/store.js'
import type { TranscriptionEvents } from '../../session/transcription.js'
import { type BudgetOptions, type BudgetStatus, budgetLevels } from './budget.js'
import { type Money, moneyOf } from './money.js'
import { type Cost, createPriceList, type Prices } from './prices.js'
import { type Charge, createTally, type Tally, type UsageTotal } from './tally.js'
import {
  countTokens,
  countTranscriptTokens,
  type ReportedTokens,
  type TokenCounts,
  type TranscriptTokens,
} from './tokens.js'

/** The part of a session that {@link runUsage} needs. Realtime and transcription sessions have it. */
export interface MeteredSession {
  on<K extends keyof TranscriptionEvents>(type: K, listener: (event: TranscriptionEvents[K]) => void): () => void
  send(event: ClientEvent): string
  close(code?: number, reason?: string): Promise<void>
  getState(): { readonly session: DeepReadonly<Session | TranscriptionResource> | undefined }
}

/** Options of {@link runUsage}. */
export interface UsageOptions {
  /** The prices of the models. Without them, only tokens are counted. */
  prices?: Prices
  /** A limit for the cost. It needs `prices`. */
  budget?: BudgetOptions<UsageState>
  /** The usage so far, from the state of another meter. Costs count only if both meters have prices. @defaultValue nothing */
  initial?: Pick<UsageState, 'byModel'> | undefined
}

/** The usage so far. It is immutable. */
export interface UsageState {
  /** The usage of all models. */
  readonly total: UsageTotal
  /** The usage by model. Transcription has its own model, and a session may change its model. */
  readonly byModel: Readonly<Record<string, UsageTotal>>
  /** The last 100 responses, in the order in which they were completed. */
  readonly responses: readonly ResponseUsage[]
  /** The status of the budget. */
  readonly budget: BudgetStatus
}

/** The usage of one response. */
export interface ResponseUsage {
  readonly id: string
  readonly model: string
  /** The status in `response.done`, or `lost` if the connection was lost before it. */
  readonly status: string
  /** False for an out-of-band response. */
  readonly isInBand: boolean
  /** `undefined` if the server did not report them. */
  readonly tokens: TokenCounts | undefined
  /** `undefined` without a price for any of its tokens. */
  readonly cost: Money | undefined
}

/** A running usage meter. After `stop()`, the usage so far stays readable. */
export interface UsageMeter extends Stoppable, ReadableStore<UsageState> {}

const keptResponses = 100

/** How many ids are remembered so that nothing is counted twice. Far fewer are in flight at a time. */
const rememberedIds = 1024

/** The model in `byModel` if the server did not report one. */
const unknownModel = 'unknown'

/**
 * Counts the tokens that a session uses from now on, by kind. Every response counts once, including cancelled and out-of-band ones.
 * Transcription is counted separately. With `prices`, it also computes the exact cost.
 *
 * @example
 * ```ts
 * const usage = runUsage(session, { prices: { 'gpt-realtime-2.1': { input: { audio: 32 }, output: { audio: 64 } } } })
 * usage.getState().total.cost?.exact
 * ```
 * @throws {UsageError} `INVALID_OPTION`, which names the option.
 */
export function runUsage(session: MeteredSession, options: UsageOptions = {}): UsageMeter {
  const { prices, budget, initial = { byModel: {} } } = options
  const priceList = prices && createPriceList(prices)
  const levelOf = budgetLevels(budget, prices !== undefined)
  const isPriced = prices !== undefined
  const total = createTally(isPriced)
  const byModel = new Map<string, Tally>()
  for (const [model, known] of Object.entries(initial.byModel)) {
    const tally = createTally(isPriced)
    byModel.set(model, tally)
    tally.addTotal(known)
    total.addTotal(known)
  }
  /** The model is `undefined` while a joined session does not know its configuration. */
  const running = new Map<string, { readonly model: string | undefined; readonly isInBand: boolean }>()
  const counted = createRememberedIds(rememberedIds)
  const store = createStore<UsageState>({
    total: total.total(),
    byModel: Object.fromEntries([...byModel].map(([model, tally]) => [model, tally.total()])),
    responses: [],
    budget: levelOf(total.picos),
  })
  const { budget: atStart } = store.getState()
  /** The last status that was acted on. A limit that was reached before the start is acted on at the first charge. */
  let handled: BudgetStatus = atStart === 'exceeded' ? 'warned' : atStart

  const unreported: Cost | undefined = isPriced ? { picos: 0n, isComplete: false } : undefined

  function charge(item: Charge, response?: ResponseUsage): void {
    const tally = byModel.get(item.model) ?? createTally(isPriced)
    byModel.set(item.model, tally)
    tally.add(item)
    total.add(item)
    const before = store.getState()
    store.setState({
      total: total.total(),
      byModel: { ...before.byModel, [item.model]: tally.total() },
      responses: response ? [...before.responses, response].slice(-keptResponses) : before.responses,
      budget: levelOf(total.picos),
    })
    watchBudget()
  }

  function watchBudget(): void {
    const state = store.getState()
    const before = handled
    if (!budget || state.budget === before) return
    handled = state.budget
    if (state.budget === 'exceeded' && budget.action === 'close')
      session.close(1000, 'the budget is spent').catch(() => {})
    try {
      if (before === 'within') budget.onWarning?.(state)
    } finally {
      if (state.budget === 'exceeded') budget.onExceeded?.(state)
    }
  }

  function countResponse(response: Pick<DeepReadonly<Response>, 'id' | 'status' | 'usage'>, inBand: boolean): void {
    const { id, status, usage } = response
    const model = running.get(id)?.model ?? modelOf(session) ?? unknownModel
    running.delete(id)
    if (!counted.add(id)) return
    const reported = usage ? countTokens(usage) : undefined
    const tokens = reported?.counts
    const cost = costOf(model, reported)
    const money = cost && (cost.isComplete || cost.picos > 0n) ? moneyOf(cost.picos) : undefined
    charge({ what: 'response', model, tokens, cost }, { id, model, status, isInBand: inBand, tokens, cost: money })
  }

  function countTranscription(usage: TranscriptUsage | null | undefined): void {
    const model = session.getState().session?.audio?.input?.transcription?.model ?? unknownModel
    const add = (item: Pick<Charge, 'tokens' | 'microseconds' | 'cost'>) =>
      charge({ what: 'transcription', model, ...item })
    if (usage?.type === 'tokens') {
      const reported = countTranscriptTokens(usage as TranscriptTokens)
      add({ tokens: reported?.counts, cost: costOf(model, reported) })
      return
    }
    const microseconds = usage?.type === 'duration' && 'seconds' in usage ? microsecondsOf(usage.seconds) : undefined
    if (microseconds === undefined) add({ cost: unreported })
    else add({ microseconds, cost: priceList?.costOfTime(model, microseconds) })
  }

  function costOf(model: string, reported: ReportedTokens | undefined): Cost | undefined {
    if (!reported || !priceList) return unreported
    const cost = priceList.costOfTokens(model, reported.counts)
    return reported.isComplete ? cost : { ...cost, isComplete: false }
  }

  /** Counts the running responses as lost. Their usage is not reported any more. */
  function loseRunning(): void {
    for (const [id, response] of [...running]) countResponse({ id, status: 'lost' }, response.isInBand)
  }

  const subscriptions = [
    session.on('response.created', ({ response }) => {
      running.set(response.id, { model: modelOf(session), isInBand: isInBand(response) })
      if (store.getState().budget === 'exceeded' && budget?.action === 'refuse') cancel(session, response.id)
    }),
    session.on('response.done', ({ response }) => countResponse(response, isInBand(response))),
    session.on('conversation.item.input_audio_transcription.completed', ({ item_id, content_index, usage }) => {
      if (counted.add(`${item_id} ${content_index}`)) countTranscription(usage)
    }),
    session.on('session.created', loseRunning),
    session.on('close', loseRunning),
  ]

  return asStoppable({
    getState: store.getState,
    subscribe: store.subscribe,
    getServerState: store.getServerState,
    stop() {
      for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
      store.release()
    },
  })
}

function modelOf(session: MeteredSession): string | undefined {
  const resource = session.getState().session
  return (resource && 'model' in resource && typeof resource.model === 'string' && resource.model) || undefined
}

/** Returns a duration that the server reported in seconds, or undefined when it is no duration. */
function microsecondsOf(seconds: unknown): number | undefined {
  const microseconds = typeof seconds === 'number' ? Math.round(seconds * 1e6) : -1
  return Number.isSafeInteger(microseconds) && microseconds >= 0 ? microseconds : undefined
}

function cancel(session: MeteredSession, response_id: string): void {
  try {
    session.send({ type: 'response.cancel', response_id })
  } catch {
    // The session is closing, so there is no response to cancel.
  }
}
