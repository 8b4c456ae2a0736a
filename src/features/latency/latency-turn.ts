import type { Money } from '../usage/money.js'
import type { TokenCounts } from '../usage/tokens.js'
import type { AudibleWatch } from './first-audio.js'
import { type Delay, divideSilence, type Silence } from './silence.js'

/** The marks of a turn, in milliseconds since its start. `undefined` for a mark that it did not have. */
export interface LatencyMarks {
  /** The server committed the speech as an item. */
  readonly committed: number | undefined
  /** The first response was created. */
  readonly created: number | undefined
  /** The first audio or text of a response arrived. */
  readonly firstDelta: number | undefined
  /** The first audio was played. It needs a player that reports to `session.playback`, or a server that plays the audio. */
  readonly firstAudible: number | undefined
  /** The last response was done. */
  readonly done: number | undefined
  /** The total duration of function calls and calls of MCP tools, in milliseconds. Parallel calls count once. */
  readonly tools: number | undefined
}

/** One turn: from the end of the user's speech to the end of the last response, including calls of tools. */
export interface LatencyTurn {
  /**
   * What started the turn: the end of speech that the server detected, a manual commit, `requested()`, or the response itself if nothing
   * precedes it.
   */
  readonly trigger: 'speech' | 'commit' | 'request' | 'response'
  /** When it started, in milliseconds since 1970. */
  readonly startedAt: number
  readonly marks: LatencyMarks
  /** Its responses in order. There is more than one if tools were called. */
  readonly responses: readonly ResponseTiming[]
  /** Its function calls and calls of MCP tools in order. */
  readonly tools: readonly ToolTiming[]
  /** The status of its last response, or `lost` if the connection was lost before it was done. */
  readonly outcome: string
  /** What the user waited for. `undefined` if the turn brought neither audio nor text. */
  readonly silence: Silence | undefined
  /** What its responses used. `undefined` without the option `usage`, or if the server did not report it. */
  readonly usage: TurnUsage | undefined
}

/** The usage of the responses of a turn. */
export interface TurnUsage {
  readonly tokens: TokenCounts
  /** `undefined` without a price for any of the tokens. */
  readonly cost: Money | undefined
}

/** The times of a response, in milliseconds since the start of the turn. */
export interface ResponseTiming {
  readonly id: string
  readonly createdMs: number
  readonly firstDeltaMs: number | undefined
  readonly doneMs: number | undefined
  /** When the connection was lost before it was done. */
  readonly lostMs: number | undefined
  /** The status in `response.done`, or `lost`. */
  readonly status: string
}

/** The times of a call, in milliseconds since the start of the turn. */
export interface ToolTiming {
  /** The id of the function call, or of the item of the MCP call. */
  readonly callId: string
  readonly name: string
  /** `function` for tools of the app, `mcp` for those that the server calls. */
  readonly type: 'function' | 'mcp'
  /** When its arguments were complete, or when the server called the MCP tool. */
  readonly startMs: number
  /**
   * When the server received its output, or when the MCP call had ended or its server session was replaced. `undefined` if that did not happen
   * in the turn.
   */
  readonly endMs: number | undefined
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A turn that is not complete. Its times are those of the clock. */
export interface OpenTurn {
  readonly trigger: LatencyTurn['trigger']
  readonly startMs: number
  /** When the user stopped speaking. Equal to `startMs` if no speech precedes the turn. */
  readonly silentFromMs: number
  readonly marks: { -readonly [Mark in Exclude<keyof LatencyMarks, 'tools'>]?: number }
  readonly responses: Map<string, Mutable<ResponseTiming>>
  readonly tools: Map<string, Mutable<ToolTiming>>
  /** Whether its last response called a function, so that the next response belongs to the turn. */
  expectsMore: boolean
  /** The wait for its first played audio. */
  watch: AudibleWatch | undefined
  /** When the first audio arrived. */
  firstAudioMs: number | undefined
  /** Delays that only this turn has. */
  readonly delays: Delay[]
}

export function openTurn(trigger: OpenTurn['trigger'], startMs: number, silentFromMs = startMs): OpenTurn {
  return {
    trigger,
    startMs,
    silentFromMs,
    firstAudioMs: undefined,
    delays: [],
    marks: {},
    responses: new Map(),
    tools: new Map(),
    expectsMore: false,
    watch: undefined,
  }
}

/** What a turn is completed with. */
export interface TurnContext {
  /** The system time at which the clock was 0, in milliseconds since 1970. */
  readonly originMs: number
  /** The delays of the session. */
  readonly delays: readonly Delay[]
  readonly usage: TurnUsage | undefined
}

/** Returns the complete turn, with times relative to its start. */
export function closeTurn(turn: OpenTurn, { originMs, delays, usage }: TurnContext): LatencyTurn {
  const { trigger, startMs, marks } = turn
  const since = (ms: number | undefined) => (ms === undefined ? undefined : ms - startMs)
  const responses = [...turn.responses.values()].map((response) => ({
    ...response,
    createdMs: response.createdMs - startMs,
    firstDeltaMs: since(response.firstDeltaMs),
    doneMs: since(response.doneMs),
    lostMs: since(response.lostMs),
  }))
  const tools = [...turn.tools.values()].map((tool) => ({
    ...tool,
    startMs: tool.startMs - startMs,
    endMs: since(tool.endMs),
  }))
  return {
    trigger,
    startedAt: originMs + startMs,
    marks: {
      committed: since(marks.committed),
      created: since(marks.created),
      firstDelta: since(marks.firstDelta),
      firstAudible: since(marks.firstAudible),
      done: since(marks.done),
      tools: timeIn(tools),
    },
    responses,
    tools,
    outcome: responses.at(-1)?.status ?? 'lost',
    silence: silenceOf(turn, delays),
    usage,
  }
}

function silenceOf(turn: OpenTurn, sessionDelays: readonly Delay[]): Silence | undefined {
  const { startMs, silentFromMs, firstAudioMs, marks } = turn
  const endMs = marks.firstAudible ?? firstAudioMs ?? marks.firstDelta
  if (endMs === undefined) return undefined
  const player: Delay[] = firstAudioMs === undefined ? [] : [{ cause: 'player', startMs: firstAudioMs, endMs }]
  // A call of an earlier turn, which may still run, is not what this turn waits for.
  const shared = sessionDelays.filter(({ callId }) => callId === undefined || turn.tools.has(callId))
  const delays = [...shared, ...turn.delays, ...player]
  return {
    startMs: silentFromMs - startMs,
    endMs: endMs - startMs,
    parts: divideSilence(silentFromMs, endMs, delays),
  }
}

/** Returns how long at least one call was running, in milliseconds. */
function timeIn(tools: readonly ToolTiming[]): number | undefined {
  const ended = tools.filter(({ endMs }) => endMs !== undefined).sort((a, b) => a.startMs - b.startMs)
  if (ended.length === 0) return undefined
  let sum = 0
  let untilMs = Number.NEGATIVE_INFINITY
  for (const { startMs, endMs = startMs } of ended) {
    sum += Math.max(0, endMs - Math.max(startMs, untilMs))
    untilMs = Math.max(untilMs, endMs)
  }
  return sum
}
