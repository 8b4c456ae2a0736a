import type { ReadableStore } from '../../internal/readable-store.js'
import { sumOf } from '../usage/money.js'
import type { UsageState } from '../usage/run-usage.js'
import { addCounts } from '../usage/tokens.js'
import type { TurnUsage } from './latency-turn.js'

/** Returns what responses used, or `undefined` if the server did not report it. */
export function usageOf(
  usage: Pick<ReadableStore<UsageState>, 'getState'> | undefined,
  responseIds: Iterable<string>,
): TurnUsage | undefined {
  const ids = new Set(responseIds)
  const own = usage?.getState().responses.filter(({ id }) => ids.has(id)) ?? []
  const tokens = own.flatMap((response) => response.tokens ?? [])
  const costs = own.flatMap(({ cost }) => cost ?? [])
  if (tokens.length === 0) return undefined
  return { tokens: tokens.reduce(addCounts), cost: costs.length > 0 ? sumOf(costs) : undefined }
}
