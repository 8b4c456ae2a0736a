import type { LatencyTurn } from '../../../src/features/latency/latency-turn.js'
import type { TranscriptLine } from '../../../src/features/transcript/line.js'
import { selectLines, type Transcript } from '../../../src/features/transcript/run-transcript.js'
import type { UsageState } from '../../../src/features/usage/run-usage.js'
import { firstDifference } from '../oracle.js'
import type { Environment } from '../world.js'
import type { EmittedEvents } from './emitted-events.js'

/** `silence_duration_ms` of the turn detection of the simulation. */
const silenceMs = 200
const roundingMs = 0.01
/** How long a turn may take that starts before the session is configured, in milliseconds. */
const configureMs = 5_000
const keptResponses = 100
const model = 'gpt-realtime-2.1'

type Fields = Readonly<Record<string, unknown>>

/** Checks a turn of `runLatency`: each of its times is that of an event. */
export function checkTurnTimes(
  { report }: Pick<Environment, 'report'>,
  events: EmittedEvents,
  { turn, originMs, paces }: { readonly turn: LatencyTurn; readonly originMs: number; readonly paces: boolean },
): void {
  const startMs = turn.startedAt - originMs
  const compare = (what: string, actual: number | undefined, expected: number | undefined) => {
    const atMs = actual === undefined ? undefined : actual + startMs
    if (atMs === expected || Math.abs((atMs ?? 0) - (expected ?? 0)) < roundingMs) return
    report('the times of a turn are those of its events', `${what} at ${atMs} ms instead of ${expected} ms`)
  }
  for (const { id, createdMs, firstDeltaMs, doneMs, status } of turn.responses) {
    const known = events.responses.get(id)
    compare(`created ${id}`, createdMs, known?.createdAt)
    // A turn ends with its last response. Text that comes later is not part of it.
    if (firstDeltaMs !== undefined || (known?.firstDeltaAt ?? Infinity) < (known?.doneAt ?? Infinity))
      compare(`first delta of ${id}`, firstDeltaMs, known?.firstDeltaAt)
    compare(`done ${id}`, doneMs, known?.doneAt)
    if (known?.status !== undefined && status !== known.status)
      report('a turn has the outcomes of its responses', `${id} is ${status} instead of ${known.status}`)
  }
  for (const { callId, startMs: fromMs, endMs } of turn.tools) {
    compare(`call ${callId}`, fromMs, events.callAt.get(callId))
    if (endMs !== undefined) compare(`output of ${callId}`, endMs, events.outputAt.get(callId))
  }
  const [first, last] = [turn.responses[0], turn.responses.at(-1)]
  if (first && turn.marks.created !== first.createdMs)
    report('the marks of a turn are those of its responses', `created at ${turn.marks.created} ms`)
  const doneMs = turn.responses.map((response) => response.doneMs).filter((ms) => ms !== undefined)
  if (doneMs.length > 0 && turn.marks.done !== Math.max(...doneMs))
    report('the marks of a turn are those of its responses', `done at ${turn.marks.done} ms`)
  if (last && turn.outcome !== last.status) report('a turn has the outcome of its last response', turn.outcome)
  const triggers = { speech: 'input_audio_buffer.speech_stopped', commit: 'input_audio_buffer.committed' } as const
  if (turn.trigger === 'speech' || turn.trigger === 'commit')
    if (!events.timesOf(triggers[turn.trigger]).some((ms) => Math.abs(ms - startMs) < roundingMs))
      report('a turn starts with the event that triggers it', `${turn.trigger} at ${startMs} ms`)
  if (turn.trigger === 'response' && first?.createdMs !== 0)
    report('a turn starts with the event that triggers it', `response at ${startMs} ms`)
  // Where positions in the audio are not known, turn detection is taken to need its silence.
  const createdAt = events.timesOf('session.created').at(-1) ?? 0
  // A turn that starts before the session is configured has the turn detection of the server.
  const isConfigured = startMs - createdAt > configureMs
  if (turn.silence && paces && isConfigured && turn.silence.parts.turnDetection > silenceMs + roundingMs)
    report('turn detection takes no longer than its silence', `${turn.silence.parts.turnDetection} ms`)
}

/** Every response that the model has given in the conversation is part of one turn. */
export function checkTurns(
  { report }: Pick<Environment, 'report'>,
  events: EmittedEvents,
  turns: readonly LatencyTurn[],
): void {
  checkTriggers({ report }, events, turns)
  const counts = new Map<string, number>()
  for (const { responses } of turns) for (const { id } of responses) counts.set(id, (counts.get(id) ?? 0) + 1)
  for (const [id, count] of counts) if (count !== 1) report('a response is part of one turn', `${id} of ${count}`)
  for (const [id, { isInBand, createdAt, doneAt }] of events.responses)
    if (isInBand && createdAt !== undefined && doneAt !== undefined && !counts.has(id))
      report('a response is part of one turn', `${id} of none`)
}

/** A turn is complete, and is reported, at the latest when the next one has started and its own responses are done. */
export function checkReports(
  { report }: Pick<Environment, 'report'>,
  {
    turns,
    reportedAt,
    originMs,
  }: {
    readonly turns: readonly LatencyTurn[]
    readonly reportedAt: ReadonlyMap<LatencyTurn, number>
    readonly originMs: number
  },
): void {
  const sorted = [...turns].sort((a, b) => a.startedAt - b.startedAt)
  for (const [index, turn] of sorted.entries()) {
    const next = sorted[index + 1]
    // A response that is lost ends with the next server session, which has no time in a turn.
    if (!next || turn.responses.some(({ doneMs }) => doneMs === undefined)) continue
    const startMs = turn.startedAt - originMs
    const dueMs = Math.max(next.startedAt - originMs, ...turn.responses.map(({ doneMs = 0 }) => startMs + doneMs))
    const atMs = reportedAt.get(turn) ?? 0
    if (atMs > dueMs + roundingMs) report('a turn is reported when it is complete', `${atMs - dueMs} ms later`)
  }
}

/** The first response after a turn of the user belongs to that turn. */
function checkTriggers(
  { report }: Pick<Environment, 'report'>,
  events: EmittedEvents,
  turns: readonly LatencyTurn[],
): void {
  const ends = ['input_audio_buffer.speech_stopped', 'input_audio_buffer.committed'].flatMap(events.timesOf)
  const moves = events.timesOf('session.created')
  const created = [...events.responses].flatMap(([id, { isInBand, createdAt }]) =>
    isInBand && createdAt !== undefined ? [{ id, createdAt }] : [],
  )
  for (const [index, { id, createdAt }] of created.entries()) {
    const before = created[index - 1]?.createdAt ?? Number.NEGATIVE_INFINITY
    const end = ends.filter((at) => at < createdAt && at > before).at(-1)
    const isMoved = end !== undefined && moves.some((at) => at >= end && at <= createdAt)
    const turn = turns.find(({ responses }) => responses.some((response) => response.id === id))
    if (end !== undefined && !isMoved && turn?.trigger === 'response')
      report('the first response after a turn of the user belongs to it', id)
  }
}

/** Whether responses of a joined session have ended before it knew its configuration, and with it the model. */
export function isUnidentified(events: EmittedEvents, { byModel }: Pick<UsageState, 'byModel'>): boolean {
  return byModel.unknown !== undefined && events.timesOf('session.created').length === 0
}

/** Compares the usage meter with the responses and transcripts that were emitted. */
export function checkMeter(
  { report }: Pick<Environment, 'report'>,
  events: EmittedEvents,
  { total, byModel, responses }: UsageState,
): void {
  const expect = (what: string, actual: unknown, expected: unknown) => {
    if (actual !== expected) report('the meter counts what was emitted', `${what} is ${actual} instead of ${expected}`)
  }
  const ended = events.ended.map((id) => ({ id, ...events.responses.get(id) }))
  const reported = ended.flatMap(({ usage }) => (usage ? [usage as Fields] : []))
  const sum = (of: (usage: Fields) => unknown) => reported.reduce((all, usage) => all + Number(of(usage) ?? 0), 0)
  const details = (side: string, kind: string) =>
    sum((usage) => (usage[`${side}_token_details`] as Fields | undefined)?.[`${kind}_tokens`])
  expect('number of responses', total.responses, ended.length)
  expect('number of transcripts', total.transcription.count, events.transcripts.size)
  for (const side of ['input', 'output'] as const) {
    expect(
      `${side} tokens`,
      total[side].total,
      sum((usage) => usage[`${side}_tokens`]),
    )
    for (const kind of ['text', 'audio'] as const) expect(`${side} ${kind}`, total[side][kind], details(side, kind))
  }
  const withoutUsage =
    ended.length - reported.length + [...events.transcripts.values()].filter((usage) => !usage).length
  expect('responses and transcripts without usage', total.unknown, withoutUsage)
  for (const field of ['responses', 'unknown', 'unpriced'] as const)
    expect(
      `sum of ${field} of all models`,
      Object.values(byModel).reduce((all, one) => all + one[field], 0),
      total[field],
    )
  expect(
    'sum of the output of all models',
    Object.values(byModel).reduce((all, one) => all + one.output.total, 0),
    total.output.total,
  )
  const list = firstDifference(
    responses.map(({ id, status, isInBand }) => [id, status, isInBand]),
    ended.slice(-keptResponses).map(({ id, status, isInBand }) => [id, status, isInBand]),
  )
  if (list) report('the meter has the last responses', list)
  if (isUnidentified(events, { byModel })) return
  // Tokens of responses have a price, and transcripts have none.
  expect('unpriced', total.unpriced, ended.length - reported.length + events.transcripts.size)
  expect('responses of the model', byModel[model]?.responses ?? 0, ended.length)
}

/** Compares the lines of the transcript with the events, and with what listeners have received. */
export function checkLines(
  { report }: Pick<Environment, 'report'>,
  events: EmittedEvents,
  {
    transcript,
    received,
    originMs,
    isPlaying,
  }: {
    readonly transcript: Transcript
    /** The last version of each line that `onLine` has received. */
    readonly received: ReadonlyMap<string, TranscriptLine>
    readonly originMs: number
    /** Whether a player, or the server, reports that it has audio left. */
    readonly isPlaying: boolean
  },
): void {
  const { speaking } = transcript.getState()
  for (const line of selectLines(transcript.getState())) {
    const { id, startMs, endMs, speaker } = line
    if (startMs !== undefined && endMs !== undefined && startMs > endMs)
      report('a line of the transcript ends after its start', `${id} from ${startMs} to ${endMs} ms`)
    const untilMs = events.spokenUntil.get(id)
    if (speaker === 'user' && untilMs !== undefined && endMs !== Math.round(untilMs - originMs))
      report('a line of the transcript has the time of its speech', `${id} until ${endMs} ms instead of ${untilMs} ms`)
    const fromMs = events.spokenFrom.get(id)
    if (speaker === 'user' && (fromMs === undefined) !== (startMs === undefined))
      report('a line of the transcript has the time of its speech', `${id} from ${startMs} ms instead of ${fromMs} ms`)
    const last = received.get(id)
    if (last && JSON.stringify(last) !== JSON.stringify(line))
      report(
        'listeners receive the last version of a line',
        `${JSON.stringify(last)} instead of ${JSON.stringify(line)}`,
      )
    if (!last) report('listeners receive each line', id)
  }
  if (speaking.assistant && !isPlaying)
    report('the assistant is silent when everything was played', 'it is still speaking')
}
