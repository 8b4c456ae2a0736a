import type { SessionConfigInput } from '../../../src/session/options.js'
import type { Random } from '../random.js'
import { mcpServer } from './mcp-laws.js'
import { optionsOf } from './themes.js'

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
  /** Audio that may wait in the session. */
  readonly maxWaitingAudioMs: number
  /** Whether a second transport is used when the first cannot be opened. */
  readonly fallsBack: boolean
  /** Whether the events are translated to the beta and back. */
  readonly translates: boolean
  readonly fallback: 'none' | 'message' | 'retry'
  readonly guardsInterruptions: boolean
  /** Whether the delays between attempts to connect have no jitter. */
  readonly waitsLongest: boolean
  /** Whether a subscriber reads the state after each change. */
  readonly readsChanges: boolean
  /** Whether the checks of guardrails take some time. */
  readonly checksSlowly: boolean
  /** `maxRounds` of tools, and `maxHandoffs` of agents. */
  readonly maxRounds: number
  readonly maxHandoffs: number
  /** What becomes of text about which a guardrail does not decide in time. `none` without such a guardrail. */
  readonly stuckChecks: 'none' | 'open' | 'closed'
  /** When held audio is released, and whether little may be held. */
  readonly release: 'item' | 'sentence'
  readonly holdsLittle: boolean
  /** Whether the runtime can split text into sentences. */
  readonly hasSegmenter: boolean
  readonly debugs: boolean
  readonly budget: 'none' | { readonly limit: number; readonly action: 'report' | 'refuse' | 'close' }
  /** Whether the transport is wrapped to watch and to log it. */
  readonly wraps: boolean
  /** Whether a function of the app decides about the delays between attempts. */
  readonly hasOwnDelays: boolean
  /** Whether features are watched, and stopped by some steps. */
  readonly stopsFeatures: boolean
  /** Whether the server calls tools itself, with `runMcp`. */
  readonly usesMcp: boolean
  /** Whether turns of the user are checked. */
  readonly checksTurns: boolean
}

/** @param theme The theme that the session is focused on. */
export function createSetup(random: Random, isMedia: boolean, theme?: string): Setup {
  // A source of its own, so that plans that were stored earlier keep their other options.
  const rest = random.fork('rest')
  const limits = random.fork('limits')
  const more = random.fork('more')
  const budgets = ['none', 'none', 'none', 'none', 'none', 'report', 'refuse', 'close'] as const
  const budget = more.pick(budgets)
  const highWaterMark = rest.chance(0.25) ? 1_000 : undefined
  const [detectsTurns, transcribes, speaks] = [random.chance(0.4), random.chance(0.7), random.chance(0.7)]
  const features = random.pick(['none', 'tools', 'tools', 'agents'] as const)
  const checksTurns = detectsTurns && transcribes && more.chance(0.25)
  const drawn: Setup = {
    checksTurns,
    maxWaitingAudioMs: rest.pick([30_000, 30_000, 700]),
    fallsBack: rest.chance(0.15) && !isMedia,
    translates: rest.chance(0.1) && !isMedia,
    fallback: rest.pick(['none', 'none', 'none', 'message', 'retry']),
    guardsInterruptions: rest.chance(0.1),
    readsChanges: rest.chance(0.5),
    checksSlowly: random.fork('checks').chance(0.3),
    maxRounds: limits.pick([16, 16, 2, 1]),
    maxHandoffs: limits.pick([4, 4, 1]),
    budget: budget === 'none' ? budget : { limit: more.pick([0.001, 0.004]), action: budget },
    stuckChecks: more.pick(['none', 'none', 'none', 'open', 'closed']),
    release: more.pick(['item', 'sentence']),
    holdsLittle: more.chance(0.3),
    hasSegmenter: !more.chance(0.2),
    debugs: more.chance(0.2),
    wraps: more.chance(0.2),
    hasOwnDelays: more.chance(0.2),
    stopsFeatures: more.chance(0.2),
    usesMcp: features === 'none' && more.chance(0.4) && !isMedia,
    waitsLongest: rest.chance(0.3),
    detectsTurns,
    transcribes,
    speaks,
    features,
    guardrails: random.pick(['none', 'none', 'check', isMedia ? 'check' : 'hold back']),
    expiry: random.pick(['none', 'none', 'warn', 'rotate']),
    reconnects: random.chance(0.9),
    records: random.chance(0.15),
    plays: random.chance(0.5) && !isMedia,
    isSlowToRead: random.chance(0.1),
    pace: random.pick([1, 4, 20, Number.POSITIVE_INFINITY]),
    highWaterMark: highWaterMark ?? random.pick([2 ** 20, 10_000]),
  }
  const setup: Setup = { ...drawn, ...optionsOf(theme, random.fork('focus'), isMedia) }
  // Both take over the responses to turns.
  return { ...setup, checksTurns: setup.checksTurns && !setup.guardsInterruptions }
}

/** Value of `max_output_tokens` before the first update. */
export const firstLimit = 1_000

export function configOf({ detectsTurns, transcribes, speaks, usesMcp }: Setup): SessionConfigInput {
  return {
    instructions: 'Be brief.',
    max_output_tokens: firstLimit,
    ...(usesMcp ? { tools: [mcpServer.config] } : {}),
    output_modalities: [speaks ? 'audio' : 'text'],
    audio: {
      input: {
        turn_detection: detectsTurns ? { type: 'server_vad', silence_duration_ms: 200 } : null,
        transcription: transcribes ? { model: 'gpt-4o-transcribe' } : null,
      },
    },
  }
}
