import { forgetOldest } from '../../internal/forget-oldest.js'
import { EmulatorError } from './error.js'
import type { Failure, Script, ScriptWithTranscripts, Step } from './script.js'
import { matchesTurn } from './script-matching.js'
import { type ParsedRule, type ParsedScript, response, script as scriptSchema } from './script-schema.js'
import type { Turn } from './turn.js'
import { validate } from './validation/schema.js'

/** Name of the script of sessions that select no other one. */
export const defaultScript = 'default'

/** Which script a session uses. */
export interface ScriptSelection {
  /** Name of the script. By default, the one with the name of the test, or `default`. */
  readonly script?: string | undefined
  /** The test that the session belongs to. Sessions of different tests do not share the position in a script. */
  readonly testId?: string | undefined
}

/** What the model of a session says, and what the user said. */
export interface ScriptReader {
  /** Name of the script that applies now. */
  readonly name: string
  /** Returns the steps of the next response, or `undefined` when the script has none. */
  decide(turn: Turn): readonly Step[] | undefined
  /** Returns the transcript of the next spoken turn, or `undefined` when the script has none left. */
  nextTranscript(): string | Failure | undefined
}

/** The scripts of an emulator, by name. */
export interface ScriptLibrary {
  readonly names: readonly string[]
  has(name: string): boolean
  /** Adds or replaces a script, which starts from its beginning. */
  set(name: string, script: Script<Turn> | ScriptWithTranscripts<Turn>): void
  /** Removes a script. Returns `false` when there is none. */
  delete(name: string): boolean
  /**
   * Replaces all scripts by these.
   * @param transcripts - Transcripts for scripts that have none.
   */
  replaceAll(scripts: ReadonlyMap<string, ParsedScript>, transcripts: ParsedScript['transcripts']): void
  /** Restores the scripts of the last `replaceAll`. With a test, only its script and its positions. */
  reset(testId?: string): void
  reader(selection: ScriptSelection): ScriptReader
}

/** How much of a script has been used. */
interface Progress {
  sequence: number
  transcripts: number
  readonly rules: Map<ParsedRule, number>
}

// Positions of the oldest tests are dropped first, so that a server that runs for weeks does not grow.
const maxTests = 10_000

export function createScriptLibrary(): ScriptLibrary {
  let configured: ReadonlyMap<string, ParsedScript> = new Map()
  let commonTranscripts: ParsedScript['transcripts']
  const scripts = new Map<string, ParsedScript>()
  /** Positions by script and test. */
  const progress = new Map<string, Map<string, Progress>>()

  function put(name: string, script: ParsedScript): void {
    scripts.set(name, script)
    progress.delete(name)
  }

  function remove(name: string): boolean {
    progress.delete(name)
    return scripts.delete(name)
  }

  function replaceAll(all: ReadonlyMap<string, ParsedScript>, transcripts: ParsedScript['transcripts']): void {
    configured = all
    commonTranscripts = transcripts
    scripts.clear()
    progress.clear()
    for (const [name, script] of all) put(name, script)
  }

  function nameFor({ script, testId }: ScriptSelection): string {
    return script ?? (testId !== undefined && scripts.has(testId) ? testId : defaultScript)
  }

  function progressOf(name: string, testId = ''): Progress {
    const byTest = progress.get(name) ?? new Map<string, Progress>()
    progress.set(name, byTest)
    const known = byTest.get(testId) ?? { sequence: 0, transcripts: 0, rules: new Map() }
    byTest.set(testId, known)
    forgetOldest(byTest, maxTests)
    return known
  }

  return {
    get names() {
      return [...scripts.keys()]
    },
    has: (name) => scripts.has(name),
    set: (name, script) => put(name, parseScript(script, name)),
    delete: remove,
    replaceAll,
    reset(testId) {
      if (testId === undefined) return replaceAll(configured, commonTranscripts)
      const original = configured.get(testId)
      if (original) put(testId, original)
      else remove(testId)
      for (const byTest of progress.values()) byTest.delete(testId)
    },
    reader: (selection) => ({
      get name() {
        return nameFor(selection)
      },
      decide(turn) {
        const name = nameFor(selection)
        const script = scripts.get(name)
        return script && nextResponse(script, turn, progressOf(name, selection.testId))
      },
      nextTranscript() {
        const name = nameFor(selection)
        const transcripts = scripts.get(name)?.transcripts ?? commonTranscripts
        return transcripts?.[progressOf(name, selection.testId).transcripts++]
      },
    }),
  }
}

/**
 * Validates a script.
 * @param name - Name of the script in an error.
 * @throws {EmulatorError} `INVALID_OPTION`.
 */
export function parseScript(script: unknown, name: string): ParsedScript {
  const parsed = validate(scriptSchema, script, name)
  if ('problem' in parsed) throw new EmulatorError('INVALID_OPTION', parsed.problem)
  return parsed.value
}

function nextResponse(script: ParsedScript, turn: Turn, progress: Progress): readonly Step[] | undefined {
  if (script.decide) return stepsOf(script.decide(turn))
  for (const rule of script.rules) {
    const used = progress.rules.get(rule) ?? 0
    if (used >= (rule.times ?? Number.POSITIVE_INFINITY) || !matchesTurn(rule.when, turn)) continue
    progress.rules.set(rule, used + 1)
    return typeof rule.respond === 'function' ? stepsOf(rule.respond(turn)) : rule.respond
  }
  return script.sequence[progress.sequence++]
}

/** Validates what a function of a script has returned. */
function stepsOf(returned: unknown): readonly Step[] | undefined {
  if (returned === undefined) return undefined
  const parsed = validate(response, returned, 'response')
  if ('problem' in parsed) throw new EmulatorError('INVALID_OPTION', parsed.problem)
  return parsed.value
}
