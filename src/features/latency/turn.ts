import type { AudibleWatch } from './audible.js'

/** The moments of a turn, in milliseconds since it began; undefined when it had no such moment. */
export interface LatencyMarks {
  /** The server made the speech an item. */
  readonly committed: number | undefined
  /** The first response was created. */
  readonly created: number | undefined
  /** The first sound or word of an answer arrived. */
  readonly firstDelta: number | undefined
  /** The first sound was heard: what the caller waited for. It needs a player that feeds `session.playback`, or a server that plays. */
  readonly firstAudible: number | undefined
  /** The last response ended. */
  readonly done: number | undefined
  /** How long calls of functions took, in milliseconds; parallel ones count once. */
  readonly tools: number | undefined
}

/** One turn: from the end of what the caller said to the end of the answer, with the calls of functions between. */
export interface LatencyTurn {
  /**
   * What began it: the end of speech that the server detected, a commit by hand, `requested()`, or, when nothing before it is known, the response
   * itself.
   */
  readonly trigger: 'speech' | 'commit' | 'request' | 'response'
  /** When it began, in milliseconds since 1970. */
  readonly startedAt: number
  readonly marks: LatencyMarks
  /** Its responses in order: more than one when functions were called. */
  readonly responses: readonly ResponseTiming[]
  /** Its calls of functions in order. */
  readonly tools: readonly ToolTiming[]
  /** How its last response ended; `lost` when the connection ended first. */
  readonly outcome: string
}

/** The moments of a response, in milliseconds since the turn began. */
export interface ResponseTiming {
  readonly id: string
  readonly createdMs: number
  readonly firstDeltaMs: number | undefined
  readonly doneMs: number | undefined
  readonly status: string
}

/** The moments of a call, in milliseconds since the turn began. */
export interface ToolTiming {
  readonly callId: string
  readonly name: string
  /** When its arguments were there. */
  readonly startMs: number
  /** When the server had its output; undefined when it never came. */
  readonly endMs: number | undefined
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A turn in the making. Its times are those of the clock. */
export interface OpenTurn {
  readonly trigger: LatencyTurn['trigger']
  readonly startMs: number
  readonly marks: { -readonly [Mark in Exclude<keyof LatencyMarks, 'tools'>]?: number }
  readonly responses: Map<string, Mutable<ResponseTiming>>
  readonly tools: Map<string, Mutable<ToolTiming>>
  /** Whether its last response called a function, so that another one belongs to it. */
  expectsMore: boolean
  /** The wait for its first sound. */
  watch: AudibleWatch | undefined
}

export function openTurn(trigger: OpenTurn['trigger'], startMs: number): OpenTurn {
  return {
    trigger,
    startMs,
    marks: {},
    responses: new Map(),
    tools: new Map(),
    expectsMore: false,
    watch: undefined,
  }
}

/** The finished turn, with its times told from its beginning. `originMs` is when the clock stood at 0. */
export function closeTurn(turn: OpenTurn, originMs: number): LatencyTurn {
  const { trigger, startMs, marks } = turn
  const since = (ms: number | undefined) => (ms === undefined ? undefined : ms - startMs)
  const responses = [...turn.responses.values()].map((response) => ({
    ...response,
    createdMs: response.createdMs - startMs,
    firstDeltaMs: since(response.firstDeltaMs),
    doneMs: since(response.doneMs),
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
  }
}

/** The time in which at least one call ran. */
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
