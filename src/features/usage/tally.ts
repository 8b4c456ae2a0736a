import { type Money, moneyOf, type Picos, picosOf } from './money.js'
import type { Cost } from './prices.js'
import { addCounts, nothingCounted, type TokenCounts } from './tokens.js'

/** A sum of usage. The tokens are those of responses; transcription is billed apart, and stands apart. */
export interface UsageTotal extends TokenCounts {
  /** Responses that ended, out-of-band and cancelled ones too. */
  readonly responses: number
  readonly transcription: TranscriptionTotal
  /** Responses and transcriptions for which the server reported no usage. */
  readonly unknown: number
  /** Cost, as far as the prices cover it. `undefined` without prices. */
  readonly cost: Money | undefined
  /** Responses and transcriptions that `cost` does not hold, or not in full. */
  readonly unpriced: number
}

/** What the transcription of the caller's speech used, in tokens or in time, as its model is billed. */
export interface TranscriptionTotal extends Pick<TokenCounts, 'input' | 'output'> {
  /** Transcripts that were completed. */
  readonly count: number
  /** Seconds of audio. */
  readonly seconds: number
}

/** What one response or one transcription adds. */
export interface Charge {
  readonly what: 'response' | 'transcription'
  readonly model: string
  /** `undefined` if the server did not report it. */
  readonly tokens?: TokenCounts | undefined
  readonly microseconds?: number | undefined
  /** Undefined without prices. */
  readonly cost: Cost | undefined
}

/** A running sum, exact. */
export interface Tally {
  readonly picos: Picos
  add(charge: Charge): void
  /** Adds the total of another tally. */
  addTotal(total: UsageTotal): void
  total(): UsageTotal
}

export function createTally(isPriced: boolean): Tally {
  const tokens = { response: nothingCounted, transcription: nothingCounted }
  const counts = { response: 0, transcription: 0 }
  let microseconds = 0
  let unknown = 0
  let unpriced = 0
  let picos = 0n
  return {
    get picos() {
      return picos
    },
    add({ what, cost, ...charge }) {
      counts[what] += 1
      if (charge.tokens) tokens[what] = addCounts(tokens[what], charge.tokens)
      else if (charge.microseconds === undefined) unknown += 1
      microseconds += charge.microseconds ?? 0
      picos += cost?.picos ?? 0n
      if (cost && !cost.isComplete) unpriced += 1
    },
    addTotal(other) {
      tokens.response = addCounts(tokens.response, other)
      const { transcription } = other
      tokens.transcription = addCounts(tokens.transcription, { ...nothingCounted, ...transcription })
      counts.response += other.responses
      counts.transcription += transcription.count
      microseconds += Math.round(transcription.seconds * 1e6)
      unknown += other.unknown
      picos += other.cost ? picosOf(other.cost.exact) : 0n
      unpriced += other.unpriced
    },
    total: () => ({
      ...tokens.response,
      responses: counts.response,
      transcription: {
        count: counts.transcription,
        input: tokens.transcription.input,
        output: tokens.transcription.output,
        seconds: microseconds / 1e6,
      },
      unknown,
      cost: isPriced ? moneyOf(picos) : undefined,
      unpriced,
    }),
  }
}
