import { UsageError } from './error.js'
import { millionthsOf, type Picos } from './money.js'

/** A limit for the cost, and what happens when it is reached. */
export interface BudgetOptions<State> {
  /** The amount that may be spent, in the currency of the prices, with up to six decimals. */
  limit: number
  /**
   * The part of the limit at which `onWarning` is called, above 0 and at most 1.
   * @defaultValue 0.8
   */
  warnAt?: number
  /**
   * What happens at the limit. `report` calls `onExceeded` only, `refuse` cancels each later response as soon as it is created, and `close`
   * closes the session.
   * @defaultValue 'report'
   */
  action?: 'report' | 'refuse' | 'close'
  /** Called once when the warning level is reached. */
  onWarning?: (state: State) => void
  /** Called once when the limit is reached, after the action. */
  onExceeded?: (state: State) => void
}

/** The status of the budget. `none` without a budget. */
export type BudgetStatus = 'none' | 'within' | 'warned' | 'exceeded'

/** Returns the status of a budget after an amount was spent. */
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
