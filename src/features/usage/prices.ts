import { UsageError } from './error.js'
import { millionthsOf, type Picos } from './money.js'
import type { TokenCounts } from './tokens.js'

/** Prices per million tokens, by kind, with up to six decimals. */
export interface TokenPrices {
  readonly text?: number
  readonly audio?: number
  readonly image?: number
}

/** The prices of one model. */
export interface ModelPrices {
  readonly input?: TokenPrices
  /** Prices of cached input. A kind without a price costs as much as in `input`. */
  readonly cached?: TokenPrices
  readonly output?: TokenPrices
  /** The price per minute of transcription, for models that are billed by time. */
  readonly perMinute?: number
}

/** Prices by model, including transcription models. The price of `gpt-x` also applies to its snapshots, such as `gpt-x-2026-01-31`. */
export type Prices = Readonly<Record<string, ModelPrices>>

/** A cost, and whether there was a price for all of it. */
export interface Cost {
  readonly picos: Picos
  readonly isComplete: boolean
}

/** Validated prices. */
export interface PriceList {
  costOfTokens(model: string, counts: TokenCounts): Cost
  costOfTime(model: string, microseconds: number): Cost
}

const kinds = ['text', 'audio', 'image'] as const
const groups = ['input', 'cached', 'output'] as const

type Rates = { readonly [Group in (typeof groups)[number]]: { readonly [Kind in keyof TokenPrices]?: bigint } } & {
  readonly perMinute: bigint | undefined
}

const unknown: Cost = { picos: 0n, isComplete: false }

/** @throws {UsageError} `INVALID_OPTION`, which names the price. */
export function createPriceList(prices: Prices): PriceList {
  const rates = new Map(Object.entries(prices).map(([model, table]) => [model, ratesOf(model, table)]))
  const find = (model: string) => rates.get(model) ?? rates.get(model.replace(/-\d{4}-\d{2}-\d{2}$/, ''))
  return {
    costOfTokens(model, counts) {
      const found = find(model)
      return found ? costOf(found, counts) : unknown
    },
    costOfTime(model, microseconds) {
      const perMinute = find(model)?.perMinute
      if (perMinute === undefined) return unknown
      // Rounded to the nearest trillionth, once per transcription.
      return { picos: (perMinute * BigInt(microseconds) + 30n) / 60n, isComplete: true }
    },
  }
}

function costOf(rates: Rates, { input, cached, output }: TokenCounts): Cost {
  let picos = 0n
  let isComplete = input.other === 0 && output.other === 0
  const add = (tokens: number, rate: bigint | undefined) => {
    if (tokens === 0) return
    if (rate === undefined) isComplete = false
    // A millionth of the currency per million tokens is a trillionth per token.
    else picos += BigInt(tokens) * rate
  }
  for (const kind of kinds) {
    add(input[kind] - cached[kind], rates.input[kind])
    add(cached[kind], rates.cached[kind] ?? rates.input[kind])
    add(output[kind], rates.output[kind])
  }
  return { picos, isComplete }
}

function ratesOf(model: string, prices: ModelPrices): Rates {
  for (const name of Object.keys(prices))
    if (name !== 'perMinute' && !groups.some((group) => group === name))
      throw new UsageError('INVALID_OPTION', {
        option: `prices.${model}.${name}`,
        problem: 'is unknown; check the spelling',
      })
  const groupOf = (group: (typeof groups)[number]) =>
    Object.fromEntries(
      Object.entries(prices[group] ?? {}).map(([kind, price]) => {
        const option = `prices.${model}.${group}.${kind}`
        if (!kinds.some((known) => known === kind))
          throw new UsageError('INVALID_OPTION', { option, problem: 'is unknown; check the spelling' })
        return [kind, millionthsOf(price, option)]
      }),
    )
  const { perMinute } = prices
  return {
    input: groupOf('input'),
    cached: groupOf('cached'),
    output: groupOf('output'),
    perMinute: perMinute === undefined ? undefined : millionthsOf(perMinute, `prices.${model}.perMinute`),
  }
}
