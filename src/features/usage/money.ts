import { UsageError } from './error.js'

/** An amount in the currency of the price table. */
export interface Money {
  /** The number nearest to the exact amount. */
  readonly amount: number
  /** The exact amount in decimals, such as `0.0001624`. */
  readonly exact: string
}

/** Trillionths of the currency: what a token costs at the smallest step of a price. Integers, so that no sum is ever rounded. */
export type Picos = bigint

const decimals = 12

export function moneyOf(picos: Picos): Money {
  const digits = picos.toString().padStart(decimals + 1, '0')
  const fraction = digits.slice(-decimals).replace(/0+$/, '')
  const exact = `${digits.slice(0, -decimals)}${fraction === '' ? '' : `.${fraction}`}`
  return { amount: Number(exact), exact }
}

/**
 * A price or a limit as an integer number of millionths.
 * @throws {UsageError} `INVALID_OPTION` when it is no amount, or has more than six decimals.
 */
export function millionthsOf(value: number, option: string): bigint {
  const millionths = Math.round(value * 1e6)
  if (!(value >= 0) || !Number.isSafeInteger(millionths))
    throw new UsageError('INVALID_OPTION', { option, problem: 'must be an amount of 0 or more' })
  if (millionths / 1e6 !== value)
    throw new UsageError('INVALID_OPTION', { option, problem: 'must have no more than six decimals' })
  return BigInt(millionths)
}
