import { UsageError } from './error.js'
import { millionthsOf, type Picos } from './money.js'

/** How much may be spent, and what happens then. */
export interface BudgetOptions<State> {
  /** In the currency of the prices. No more than six decimals. */
  limit: number
  /**
   * At which part of the limit to warn, above 0 and at most 1.
   * @defaultValue 0.8
   */
  warnAt?: number
  /**
   * What to do at the limit: nothing but tell; cancel every response from then on as soon as it is created; or close the session.
   * @defaultValue 'report'
   */
  action?: 'report' | 'refuse' | 'close'
  /** Hears once that the warning level is reached. */
  onWarning?: (state: State) => void
  /** Hears once that the limit is reached, after the action. */
  onExceeded?: (state: State) => void
}

/** Where the budget stands; `none` when there is none. */
export type BudgetStatus = 'none' | 'within' | 'warned' | 'exceeded'

/** How far a sum goes in a budget. */
export type BudgetLevels = (spent: Picos) => BudgetStatus

const actions = ['report', 'refuse', 'close']

/** @throws {UsageError} `INVALID_OPTION`. */
export function budgetLevels<State>(budget: BudgetOptions<State> | undefined, isPriced: boolean): BudgetLevels {
  if (!budget) return () => 'none'
  const { limit, warnAt = 0.8, action = 'report' } = budget
  const refuse = (option: string, problem: string) => new UsageError('INVALID_OPTION', { option, problem })
  if (!isPriced) throw refuse('budget', 'needs the option "prices"')
  if (!actions.includes(action)) throw refuse('budget.action', `must be one of ${actions.join(', ')}`)
  if (!(typeof warnAt === 'number' && warnAt > 0 && warnAt <= 1))
    throw refuse('budget.warnAt', 'must be above 0 and at most 1')
  const limitPicos = millionthsOf(limit, 'budget.limit') * 1_000_000n
  const warnPicos = (limitPicos * BigInt(Math.round(warnAt * 1e6))) / 1_000_000n
  return (spent) => (spent >= limitPicos ? 'exceeded' : spent >= warnPicos ? 'warned' : 'within')
}
