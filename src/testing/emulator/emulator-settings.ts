import { createRecognizer } from '../speech/recognizer.js'
import type { EmulatedDialect } from './dialects/emulated-dialect.js'
import { voicesOf } from './dialects/models.js'
import type { Fault } from './faults.js'
import { type ParsedOptions, parseOptions } from './option-schemas.js'
import type { EmulatorContext, EmulatorOptions } from './options.js'
import type { Failure } from './script.js'
import { defaultScript } from './script-library.js'
import type { ParsedScript } from './script-schema.js'
import { markLanguage, type Phrase, type Translate } from './translation-phrase.js'
import type { TranscribeTurn, Turn } from './turn.js'
import { createVoice } from './voices.js'

/** The options of an emulator with their defaults. `configure` replaces all of them. */
export interface EmulatorSettings
  extends Pick<
    EmulatorContext,
    | 'mcpServers'
    | 'pace'
    | 'latencyMs'
    | 'transcriptionLagMs'
    | 'sessionMs'
    | 'voices'
    | 'speak'
    | 'transcribe'
    | 'translate'
  > {
  readonly jitterMs: number
  readonly dialect: EmulatedDialect
  readonly apiKey: string | undefined
  readonly models: readonly string[] | undefined
  readonly scripts: ReadonlyMap<string, ParsedScript>
  /** Transcripts for scripts without transcripts. */
  readonly transcripts: readonly (string | Failure)[] | undefined
  readonly faults: readonly Fault[]
  readonly maxEntries: number
  readonly journalAudio: 'lengths' | 'full'
}

/**
 * Validates options and adds the defaults.
 * @throws {EmulatorError} `INVALID_OPTION`.
 */
export function settingsOf(options: EmulatorOptions): EmulatorSettings {
  const parsed = parseOptions(options)
  const { hear, dialect = 'ga' } = parsed
  const recognize = createRecognizer()
  const isList = hear !== undefined && typeof hear !== 'function'
  return {
    pace: parsed.pace ?? 4,
    latencyMs: parsed.latencyMs ?? 100,
    jitterMs: parsed.jitterMs ?? 0,
    transcriptionLagMs: parsed.transcriptionLagMs ?? 50,
    sessionMs: (parsed.sessionMinutes ?? 60) * 60_000,
    dialect,
    voices: parsed.voices ?? voicesOf(dialect),
    apiKey: parsed.apiKey,
    models: parsed.models,
    speak: createVoice<Turn | Phrase>(parsed.voice ?? 'echo'),
    transcribe: isList ? recognize : ((hear as TranscribeTurn | undefined) ?? recognize),
    transcripts: isList ? hear : undefined,
    translate: translatorOf(parsed.translate),
    mcpServers: parsed.mcpServers ?? {},
    scripts: scriptsOf(parsed),
    faults: parsed.faults ?? [],
    maxEntries: parsed.journal?.maxEntries ?? 10_000,
    journalAudio: parsed.journal?.audio ?? 'lengths',
  }
}

function scriptsOf({ script, scripts = {} }: ParsedOptions): ReadonlyMap<string, ParsedScript> {
  return new Map([...Object.entries(scripts), ...(script ? [[defaultScript, script] as const] : [])])
}

function translatorOf(translate: ParsedOptions['translate']): Translate {
  if (translate === undefined) return markLanguage
  if (typeof translate === 'function') return translate
  const translations = new Map(Object.entries(translate))
  return (phrase) => translations.get(phrase.text) ?? markLanguage(phrase)
}

/** Creates a function that returns delays from 0 to `maxMs`, the same ones for each emulator. */
export function createJitter(maxMs: () => number): () => number {
  let state = 123_456_789
  return () => {
    const max = maxMs()
    if (max === 0) return 0
    // Park and Miller, "Random number generators: good ones are hard to find", 1988.
    state = (state * 48_271) % 2_147_483_647
    return Math.round((state / 2_147_483_647) * max)
  }
}
