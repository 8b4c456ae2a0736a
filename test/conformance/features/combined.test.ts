import { ROOT_CONTEXT } from '@opentelemetry/api'
import {
  type Agent,
  createApprovals,
  createSession,
  type GuardrailInput,
  type HistoryFilter,
  holdBack,
  type ItemState,
  type LatencyTurn,
  type RealtimeSession,
  reconnecting,
  runAgents,
  runGuardrails,
  runInputGuardrails,
  runLatency,
  runTools,
  runTranscript,
  runUsage,
  selectItems,
  selectLines,
  type Tool,
  tool,
  type Verdict,
} from 'realtime-primitives'
import { runTelemetry } from 'realtime-primitives/telemetry'
import {
  call,
  createEmulator,
  createManualClock,
  fail,
  type ManualClock,
  reply,
  silence,
} from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { flaky } from '../../support/flaky.js'
import { type RecordedSpan, recordTelemetry } from '../../support/recorded-telemetry.js'
import { runs, seedOfRuns } from '../../support/runs.js'
import { joined, silentSamples, vowel } from '../../support/speech.js'
import { createRandom } from '../../unit/audio/signal.js'

// Random sessions in which many features run at once. The seed of a session that fails is in its message.

type Random = ReturnType<typeof randomOf>

function randomOf(seed: number) {
  const random = createRandom(seed)
  return {
    below: (limit: number) => Math.floor(random() * limit),
    isChosen: (probability: number) => random() < probability,
    pick: <const Choices extends readonly unknown[]>(...choices: Choices): Choices[number] =>
      choices[Math.floor(random() * choices.length)],
  }
}

const prices = { 'gpt-realtime-2.1': { input: { text: 4, audio: 32 }, output: { text: 16, audio: 64 } } }
const later = <T>(clock: ManualClock, ms: number, value: () => T): Promise<T> =>
  new Promise((resolve, reject) => {
    clock.after(ms, () => {
      try {
        resolve(value())
      } catch (error) {
        reject(error)
      }
    })
  })

function randomSteps({ pick, below, isChosen }: Random) {
  const step = () =>
    pick(
      () => reply(pick('Fine. It is good.', 'This is bad. Really bad.', 'One. Two. Three.', 'ok')),
      () => reply('A long one that goes on and on, and is bad at its very end. Bad, bad, bad.'),
      () => call(pick('pay', 'slow', 'report', 'log', 'nothing'), pick({ n: 1 }, {}, '{')),
      () => call(`transfer_to_${pick('a', 'b', 'c')}`),
      () => silence(pick(0, 300, 3_000)),
    )()
  const steps = Array.from({ length: 1 + below(3) }, step)
  return isChosen(0.1) ? [...steps, fail()] : steps
}

function randomTools({ pick, isChosen }: Random, clock: ManualClock): Tool[] {
  const named = (name: string, ms: number, options: Partial<Parameters<typeof tool>[0]> = {}) =>
    tool({
      name,
      ...options,
      execute: () =>
        later(clock, ms, () => {
          if (isChosen(0.15)) throw new Error('the tool failed')
          return name
        }),
    })
  return [
    named('pay', 100, { needsApproval: true }),
    named('slow', 3_000, {
      abortOn: pick([], ['drop'], ['interruption']),
      progress: { afterMs: 500, text: 'One moment.' },
    }),
    named('report', 4_000, { scheduling: 'background', abortOn: pick([], ['drop']) }),
    named('log', 200, { scheduling: 'silent' }),
  ]
}

function randomHistory({ pick }: Random, clock: ManualClock): HistoryFilter {
  const content = [{ type: 'input_text' as const, text: 'So far.' }]
  const summary = { type: 'message' as const, role: 'user' as const, content }
  return (items) =>
    pick(
      () => items.slice(-3),
      () => [summary, ...items.slice(-2)],
      () => later(clock, 700, () => items.map((state: ItemState) => ({ ...state }))),
      () => {
        throw new Error('the filter failed')
      },
    )()
}

function randomGuardrail({ pick }: Random, clock: ManualClock, onChecked: (input: GuardrailInput) => void = () => {}) {
  return {
    name: 'bad',
    onFailure: pick('open', 'closed'),
    check(input: GuardrailInput): Verdict | Promise<Verdict> {
      const decide = () => {
        onChecked(input)
        return { tripped: /\bbad\b/i.test(input.text) }
      }
      const ms = pick(0, 0, 200, 1_200)
      return ms === 0 ? decide() : later(clock, ms, decide)
    },
  }
}

const repeated = (ids: readonly unknown[]) => ids.filter((id, index) => ids.indexOf(id) < index)

/** Lives through a session, and returns what is wrong with it. */
async function liveThrough(seed: number): Promise<string[]> {
  const random = randomOf(seed)
  const { pick, below, isChosen } = random
  const clock = createManualClock()
  const emulator = createEmulator({
    clock,
    latencyMs: pick(0, 50, 400),
    jitterMs: pick(0, 0, 80),
    pace: pick(4, 20, Number.POSITIVE_INFINITY),
    script: () => randomSteps(random),
  })
  const line = flaky(emulator.connect({ model: 'gpt-realtime-2.1' }))
  const hold = pick(undefined, holdBack({ release: pick('item', 'sentence') }))
  const session = createSession({
    clock,
    transport: reconnecting(line.transport, { clock, retryDelayMs: () => 300 }),
    stages: hold ? [hold] : [],
    requestTimeoutMs: 10_000,
    config: pick({}, { output_modalities: ['text'] as const }),
  })
  const approvals = createApprovals({ timeoutMs: 4_000 })
  approvals.on('requested', ({ id }) =>
    clock.after(pick(0, 500, 9_000), () =>
      pick(
        () => approvals.approve(id),
        () => approvals.reject(id),
      )(),
    ),
  )
  const tools = randomTools(random, clock)
  const guardrails = [randomGuardrail(random, clock)]
  const guardrailOptions = {
    granularity: pick('sentence' as const, 'words' as const),
    action: pick('interrupt' as const, 'report' as const, { explain: 'Say sorry.' }),
    ...(hold ? { holdBack: hold } : {}),
  }
  const history = randomHistory(random, clock)
  const agents: Agent[] = [
    { name: 'a', instructions: 'a', tools, handoffs: ['b', 'c'], guardrails },
    { name: 'b', instructions: () => later(clock, pick(0, 300), () => 'b'), handoffs: ['a'], history },
    { name: 'c', instructions: 'c', handoffs: ['a', 'b'], guardrails, history, voice: 'marin' },
  ]
  const options = { approvals, maxRounds: 5 }
  const team = isChosen(0.5)
    ? runAgents(session, { agents, start: 'a', tools: options, guardrails: guardrailOptions })
    : undefined
  const alone = team ? undefined : runTools(session, tools, options)
  if (!team) runGuardrails(session, guardrails, guardrailOptions)
  const activity = team ?? alone
  const usage = runUsage(session, { prices })
  const transcript = runTranscript(session, { onLine() {} })
  const turns: LatencyTurn[] = []
  runLatency(session, { tools: activity, usage, onTurn: (turn) => void turns.push(turn) })
  const telemetry = recordTelemetry()
  const { tracer, meter } = telemetry
  const startTelemetry = () =>
    runTelemetry(session, { tracer, meter, tools: activity, usage, agents: team, content: true, context: ROOT_CONTEXT })
  const startsLate = isChosen(0.3)
  if (!startsLate) startTelemetry()
  await Promise.all([session.connect(), clock.advance(500)])
  const costBefore = startsLate ? (usage.getState().total.cost?.amount ?? 0) : 0
  if (startsLate) startTelemetry()

  const problems: string[] = []
  const changes: Promise<unknown>[] = []
  let registered = tools
  const acts: Readonly<Record<string, () => void>> = {
    message: () => void session.sendMessage('hello'),
    respond: () => void session.respond(pick({}, { conversation: 'none' })),
    interrupt: () => void session.interrupt(),
    cut: () => line.cut(),
    change() {
      const next = tools.filter(() => isChosen(0.7))
      if (team) changes.push(team.handOff(pick('a', 'b', 'c')).catch(() => {}))
      if (alone)
        changes.push(
          alone.setTools(next).then(() => {
            registered = next
          }),
        )
    },
    wait() {},
  }
  for (let count = 6 + below(14); count > 0; count--) {
    acts[pick('message', 'message', 'message', 'respond', 'interrupt', 'cut', 'change', 'wait')]?.()
    await clock.advance(pick(below(900), below(900), 12_000))
  }
  await clock.advance(60_000)
  let pending = changes.length
  for (const change of changes) change.then(() => pending--)
  await clock.advance(0)
  if (pending > 0) problems.push('a change of the tools or the agent is pending')
  problems.push(...problemsAtRest(session, transcript.getState()))
  const { session: resource } = session.getState()
  const reported = resource?.type === 'realtime' ? resource : undefined
  const names = reported?.tools?.map((entry) => ('name' in entry ? entry.name : '')).join()
  if (alone && names !== registered.map(({ name }) => name).join()) problems.push(`the server has the tools ${names}`)
  if (team && reported?.instructions !== team.current.name) problems.push(`the server has ${reported?.instructions}`)

  await Promise.all([session.close(), clock.advance(60_000)])
  if (clock.pending > 0) problems.push(`${clock.pending} timers are left`)
  if (telemetry.gauges() > 0) problems.push('a gauge is left')
  problems.push(...problemsOfSpans(telemetry.spans), ...turns.flatMap(problemsOfTurn))
  if (!telemetry.allValues().every((value) => value >= 0)) problems.push('a metric is negative or no number')
  const cost = (usage.getState().total.cost?.amount ?? 0) - costBefore
  const exported = telemetry.valuesOf('realtime.cost').reduce((sum, value) => sum + value, 0)
  if (Math.abs(exported - cost) > 1e-9) problems.push(`the exported cost is ${exported}, not ${cost}`)
  return problems
}

function problemsAtRest(session: RealtimeSession, transcript: Parameters<typeof selectLines>[0]): string[] {
  const state = session.getState()
  const items = selectItems(state)
  const outputs = items.flatMap(({ item }) => (item.type === 'function_call_output' ? [item.call_id] : []))
  const absent = new Set(state.conversation.absent.flat())
  const unanswered = items.filter(
    ({ id, status, item }) =>
      item.type === 'function_call' && status === 'completed' && !absent.has(id) && !outputs.includes(item.call_id),
  )
  const messages = items.filter(({ item }) => item.type === 'message' && item.role !== 'system')
  return [
    ...(state.responses.activeId === undefined ? [] : ['a response is running']),
    ...unanswered.map(({ id }) => `the call ${id} has no output`),
    ...repeated(outputs).map((id) => `the call ${id} has two outputs`),
    ...(selectLines(transcript).length === messages.length ? [] : ['the transcript differs from the conversation']),
  ]
}

function problemsOfSpans(spans: readonly RecordedSpan[]): string[] {
  const endOf = ({ endsMs }: RecordedSpan) => endsMs[0] ?? Number.NaN
  const idsOf = (attribute: string) => spans.flatMap(({ attributes }) => attributes[attribute] ?? [])
  return spans.flatMap((span) => {
    const { name, parent, startMs, endsMs } = span
    const isOutside = parent && (startMs < parent.startMs || endOf(span) > endOf(parent))
    return [
      ...(endsMs.length === 1 ? [] : [`${name} ended ${endsMs.length} times`]),
      ...(endOf(span) >= startMs ? [] : [`${name} ended before its start`]),
      ...(name.startsWith('chat') && isOutside ? [`${name} is outside its turn`] : []),
      ...repeated(idsOf('gen_ai.response.id')).map((id) => `two spans of ${id}`),
      ...repeated(idsOf('gen_ai.tool.call.id')).map((id) => `two spans of ${id}`),
    ]
  })
}

function problemsOfTurn({ silence }: LatencyTurn): string[] {
  if (!silence) return []
  const sum = Object.values(silence.parts).reduce((total, ms) => total + ms, 0)
  return Math.abs(sum - (silence.endMs - silence.startMs)) < 1e-6 ? [] : ['the parts do not add up to the silence']
}

/** Speaks to a session with input guardrails and tools, and returns what is wrong with it. */
async function speakTo(seed: number): Promise<string[]> {
  const random = randomOf(seed)
  const { pick, isChosen } = random
  const clock = createManualClock()
  const emulator = createEmulator({
    clock,
    latencyMs: pick(0, 100, 600),
    transcriptionLagMs: pick(50, 500, 2_500),
    hear: () => pick('fine words', 'fine words', 'bad words'),
    script: () => pick(reply('All is fine.'), [call('slow')], [reply('One moment.'), call('slow')]),
  })
  const line = flaky(emulator.connect({ model: 'gpt-realtime-2.1' }))
  const turn_detection = { type: 'server_vad', create_response: false, interrupt_response: isChosen(0.7) } as const
  const session = createSession({
    clock,
    transport: reconnecting(line.transport, { clock, retryDelayMs: () => 300 }),
    config: {
      output_modalities: ['text'],
      audio: { input: { transcription: { model: 'gpt-transcribe' }, turn_detection } },
    },
  })
  runTools(session, [tool({ name: 'slow', execute: () => later(clock, pick(100, 1_500), () => 'done') })])
  await Promise.all([session.connect(), clock.advance(3_000)])
  const unchecked = new Set<string>()
  const early = new Set<string>()
  const blocked = new Set<string>()
  const problems: string[] = []
  session.on('input_audio_buffer.committed', ({ item_id }) => void unchecked.add(item_id))
  session.on('session.created', () => unchecked.clear())
  session.on('response.created', ({ response }) => {
    if (unchecked.size > 0) early.add(response.id)
  })
  session.on('response.done', ({ response }) => {
    if (early.has(response.id) && response.status === 'completed') problems.push('a response to an unchecked turn')
  })
  await runInputGuardrails(session, [randomGuardrail(random, clock, ({ itemId }) => void unchecked.delete(itemId))], {
    action: pick('block', { explain: 'Ask for other words.' }),
    onTripped: ({ itemId }) => void blocked.add(itemId),
  })
  for (let turn = 0; turn < 4; turn++) {
    const audio = joined(silentSamples(pick(100, 400)), vowel(900), silentSamples(pick(700, 2_500)))
    const cutAtMs = pick(undefined, undefined, undefined, 1_000)
    for (let at = 0; at < audio.length; at += 960) {
      session.audio.append(audio.subarray(at, at + 960))
      await clock.advance(40)
      if (at === (cutAtMs ?? -1) * 24) line.cut()
    }
    await clock.advance(pick(0, 300, 6_000))
  }
  await clock.advance(30_000)
  if (selectItems(session.getState()).some(({ id }) => blocked.has(id))) problems.push('a blocked turn stays')
  if (session.getState().responses.activeId !== undefined) problems.push('a response is running')
  await Promise.all([session.close(), clock.advance(5_000)])
  if (clock.pending > 0) problems.push(`${clock.pending} timers are left`)
  return problems
}

async function failuresOf(live: (seed: number) => Promise<string[]>, count: number): Promise<string[]> {
  const first = seedOfRuns()
  const failures: string[] = []
  for (let seed = first; seed < first + count; seed++)
    for (const problem of new Set(await live(seed))) failures.push(`SEED=${seed}: ${problem}`)
  return failures
}

describe('features that run together', () => {
  it('answer each call, and export each response, call, and cost once', async () => {
    expect(await failuresOf(liveThrough, runs({ usual: 4, certify: 500 }))).toEqual([])
  })

  it('do not respond to a turn of the user without a verdict', async () => {
    expect(await failuresOf(speakTo, runs({ usual: 4, certify: 300 }))).toEqual([])
  })
})
