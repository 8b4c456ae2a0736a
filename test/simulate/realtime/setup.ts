import type { SessionConfigInput } from '../../../src/session/options.js'
import type { Random } from '../random.js'

/** Options of one simulated realtime session. */
export interface Setup {
  readonly detectsTurns: boolean
  readonly transcribes: boolean
  readonly speaks: boolean
  readonly features: 'none' | 'tools' | 'agents'
  readonly guardrails: 'none' | 'check' | 'hold back'
  readonly expiry: 'none' | 'warn' | 'rotate'
  readonly reconnects: boolean
  readonly records: boolean
  /** Whether a player reports what it has played. */
  readonly plays: boolean
  readonly isSlowToRead: boolean
  readonly pace: number
  /** Bytes that the transport may buffer before audio waits in the session. */
  readonly highWaterMark: number
}

export function createSetup(random: Random, isMedia: boolean): Setup {
  return {
    detectsTurns: random.chance(0.4),
    transcribes: random.chance(0.7),
    speaks: random.chance(0.7),
    features: random.pick(['none', 'tools', 'tools', 'agents']),
    guardrails: random.pick(['none', 'none', 'check', isMedia ? 'check' : 'hold back']),
    expiry: random.pick(['none', 'none', 'warn', 'rotate']),
    reconnects: random.chance(0.9),
    records: random.chance(0.15),
    plays: random.chance(0.5) && !isMedia,
    isSlowToRead: random.chance(0.1),
    pace: random.pick([1, 4, 20, Number.POSITIVE_INFINITY]),
    highWaterMark: random.pick([2 ** 20, 10_000]),
  }
}

/** Value of `max_output_tokens` before the first update. */
export const firstLimit = 1_000

export function configOf({ detectsTurns, transcribes, speaks }: Setup): SessionConfigInput {
  return {
    instructions: 'Be brief.',
    max_output_tokens: firstLimit,
    output_modalities: [speaks ? 'audio' : 'text'],
    audio: {
      input: {
        turn_detection: detectsTurns ? { type: 'server_vad', silence_duration_ms: 200 } : null,
        transcription: transcribes ? { model: 'gpt-4o-transcribe' } : null,
      },
    },
  }
}
