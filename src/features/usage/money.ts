import { UsageError } from './error.js'

/** An amount in the currency of the price table. */
export interface Money {
  /** The amount as a number, which may be rounded. */
  readonly amount: number
  /** The exact amount as a decimal string, such as `0.0001624`. */
  readonly exact: string
}

/** An integer number of trillionths of the currency, so that sums are exact. A millionth per million tokens is one for each token. */
export type Picos = bigint

const decimals = 12

export function moneyOf(picos: Picos): Money {
  const digits = picos.toString().padStart(decimals + 1, '0')
  const fraction = digits.slice(-decimals).replace(/0+$/, '')
  const exact = `${digits.slice(0, -decimals)}${fraction === '' ? '' : `.${fraction}`}`
  return { amount: Number(exact), exact }
}

/** Returns the sum of amounts, exactly. */
export function sumOf(amounts: readonly Money[]): Money {
  return moneyOf(amounts.reduce((sum, { exact }) => sum + picosOf(exact), 0n))
}

/** Returns an exact amount as an integer. */
export function picosOf(exact: string): Picos {
  const [units = '0', fraction = ''] = exact.split('.')
  return BigInt(`${units}${fraction.padEnd(decimals, '0')}`)
}

/**
 * Returns a price or a limit as an integer number of millionths.
 * @throws {UsageError} `INVALID_OPTION` when it is not an amount, or has more than six decimals.
 */
export function millionthsOf(value: number, option: string): bigint {
  const millionths = Math.round(value * 1e6)
  if (!(value >= 0) || !Number.isSafeInteger(millionths))
    throw new UsageError('INVALID_OPTION', { option, problem: 'must be an amount of 0 or more' })
  if (millionths / 1e6 !== value)
    throw new UsageError('INVALID_OPTION', { option, problem: 'must have no more than six decimals' })
  return BigInt(millionths)
}
