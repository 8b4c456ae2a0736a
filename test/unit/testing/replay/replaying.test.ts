import {
  createSession,
  type RealtimeSession,
  reconnecting,
  recording,
  runTools,
  type Transport,
  tool,
} from 'realtime-primitives'
import {
  call,
  createCaller,
  createEmulator,
  createManualClock,
  type EmulatorOptions,
  isTestingError,
  type ManualClock,
  replaying,
  reply,
  sessionLine,
  settleOn,
} from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { vowel } from '../../../support/speech.js'

interface Agent {
  readonly instructions?: string
  /** Output of the tool. */
  readonly weather?: string
  readonly modality?: 'text' | 'audio'
}

function startAgent(
  transport: Transport,
  clock: ManualClock,
  { instructions = 'Be brief.', weather = 'Rain.', modality = 'text' }: Agent,
) {
  const session = createSession({ transport, clock, config: { output_modalities: [modality], instructions } })
  runTools(session, [tool({ name: 'weather', parameters: z.object({ city: z.string() }), execute: () => weather })])
  return session
}

/** Records a call in which the user asks for the weather, and the agent calls a function. */
async function recordCall(
  use: (session: RealtimeSession, clock: ManualClock) => Promise<unknown>,
  options: { text?: 'keep' | 'length'; script?: EmulatorOptions['script']; agent?: Agent } = {},
): Promise<string> {
  const clock = createManualClock()
  const script = options.script ?? [call('weather', { city: 'Oslo' }), reply('It rains.')]
  const emulator = createEmulator({ clock, script, voice: 'tone' })
  let text = ''
  const transport = recording(
    emulator.connect(),
    (line) => {
      text += line
    },
    { text: options.text ?? 'keep', clock },
  )
  const session = startAgent(transport, clock, options.agent ?? {})
  await settleOn(clock, session.connect())
  await use(session, clock)
  await settleOn(clock, session.close())
  return text
}

const askForWeather = async (session: RealtimeSession, clock: ManualClock) => {
  session.sendMessage('What is the weather in Oslo?')
  await clock.advance(5_000)
}

/** Replays a recording into an agent, with the recorded input of the user. */
async function replay(text: string, agent: Agent = {}, options: { pace?: number; ignore?: string[] } = {}) {
  const clock = createManualClock()
  const transport = replaying(text, { clock, ...options })
  const session = startAgent(transport, clock, agent)
  transport.drive(session)
  await settleOn(clock, Promise.all([session.connect(), transport.finished]))
  const state = session.getState()
  await settleOn(clock, session.close())
  return { report: transport.report(), state, elapsedMs: clock.now() }
}

describe('replaying', () => {
  it('an unchanged agent: departs nowhere, with other identifiers', async () => {
    const text = await recordCall(askForWeather)
    const { report, state } = await replay(text)
    expect(report.departures).toEqual([])
    expect(report).toMatchObject({ isComplete: true, problems: [] })
    const texts = state.conversation.items
    expect(JSON.stringify([...texts.values()])).toContain('It rains.')
  })

  it('an unchanged agent with infinite pace: departs nowhere, and takes less time', async () => {
    const text = await recordCall(askForWeather)
    const { report, elapsedMs } = await replay(text, {}, { pace: Number.POSITIVE_INFINITY })
    expect(report.departures).toEqual([])
    expect(elapsedMs).toBeLessThan(2_000)
  })

  it('a recording without text: departs nowhere', async () => {
    const text = await recordCall(
      async (session, clock) => {
        session.sendMessage('Hello.')
        await clock.advance(5_000)
      },
      { text: 'length', script: [reply('Hello.')] },
    )
    expect(text).not.toContain('Hello.')
    expect((await replay(text)).report.departures).toEqual([])
  })

  it('another configuration: reports the field, what was expected, and what came', async () => {
    const text = await recordCall(askForWeather)
    const { report } = await replay(text, { instructions: 'Be funny.' })
    expect(report.departures).toMatchObject([
      {
        kind: 'different',
        type: 'session.update',
        line: 4,
        differences: [{ path: 'session.instructions', expected: 'Be brief.', received: 'Be funny.' }],
      },
    ])
  })

  it('another configuration than in a recording without text: reports only the lengths', async () => {
    const text = await recordCall(askForWeather, { text: 'length' })
    const { report } = await replay(text, { instructions: 'Never be brief.' })
    const [departure] = report.departures
    expect(departure?.differences).toEqual([
      { path: 'session.instructions', expected: '[9 chars]', received: '[15 chars]' },
    ])
    expect(JSON.stringify(report)).not.toContain('Never')
  })

  it('another output of a function: reported, unless the field is ignored', async () => {
    const text = await recordCall(askForWeather)
    const { report } = await replay(text, { weather: 'Sun.' })
    expect(report.departures).toMatchObject([
      { kind: 'different', differences: [{ path: 'item.output', expected: 'Rain.', received: 'Sun.' }] },
    ])
    expect((await replay(text, { weather: 'Sun.' }, { ignore: ['output'] })).report.departures).toEqual([])
  })

  it('an agent without the tool: its output is missing, and the replay continues', async () => {
    const text = await recordCall(askForWeather)
    const clock = createManualClock()
    const transport = replaying(text, { clock, patienceMs: 1_000 })
    const config = { output_modalities: ['text' as const], instructions: 'Be brief.' }
    const session = createSession({ transport, clock, config })
    transport.drive(session)
    await settleOn(clock, Promise.all([session.connect(), transport.finished]))
    const { departures, problems, isComplete } = transport.report()
    expect(departures.map(({ kind, type }) => `${kind} ${type}`)).toContain('missing conversation.item.create')
    expect(problems).toMatchObject([{ kind: 'unanswered-call', name: 'weather' }])
    expect(isComplete).toBe(true)
    await settleOn(clock, session.close())
  })

  it('an additional event: unexpected', async () => {
    const text = await recordCall(askForWeather)
    const clock = createManualClock()
    const transport = replaying(text, { clock })
    const session = startAgent(transport, clock, {})
    transport.drive(session)
    const connected = session.connect()
    await settleOn(clock, connected)
    session.send({ type: 'response.cancel' })
    await settleOn(clock, transport.finished)
    expect(transport.report().departures).toMatchObject([
      { kind: 'unexpected', type: 'response.cancel', line: undefined, received: { type: 'response.cancel' } },
    ])
    await settleOn(clock, session.close())
  })

  it('an additional update: unexpected, and acknowledged with the configuration that it changes', async () => {
    const text = await recordCall(askForWeather)
    const clock = createManualClock()
    const transport = replaying(text, { clock })
    const session = startAgent(transport, clock, {})
    await settleOn(clock, session.connect())
    const updating = session.update({ instructions: 'Be funny.' })
    await settleOn(clock, updating)
    expect(await updating).toMatchObject({ instructions: 'Be funny.', output_modalities: ['text'] })
    expect(transport.report().departures).toMatchObject([{ kind: 'unexpected', type: 'session.update' }])
    await settleOn(clock, session.close())
  })

  it('a session that closes early: the rest is missing', async () => {
    const text = await recordCall(askForWeather)
    const clock = createManualClock()
    const transport = replaying(text, { clock })
    const session = startAgent(transport, clock, {})
    await settleOn(clock, session.connect())
    await settleOn(clock, session.close())
    await transport.finished
    const { departures, isComplete } = transport.report()
    expect(isComplete).toBe(false)
    expect(departures.map(({ kind }) => kind)).toContain('missing')
  })

  it('spoken input: sent at its recorded time, as silence of the same length', async () => {
    const text = await recordCall(
      async (session, clock) => {
        for (let at = 0; at < 20; at++) {
          session.audio.append(at < 8 ? vowel(100) : new Int16Array(2_400))
          await clock.advance(100)
        }
        await clock.advance(3_000)
      },
      { script: [reply('Hello.')] },
    )
    const { report } = await replay(text)
    expect(report.departures).toEqual([])
    expect(report.audioBytes).toEqual({ recorded: 20 * 4_800, received: 20 * 4_800 })
  })

  it('a recorded barge-in: truncated at about the same position again, without a player in the test', async () => {
    const says = ['Tell me a story.', { text: 'Stop.', bargeInAfterMs: 900 }]
    const text = await recordCall(
      (session, clock) => settleOn(clock, createCaller({ says, clock }).call(sessionLine(session))),
      { script: [reply('Once upon a time there was a sea.'), reply('Yes.')], agent: { modality: 'audio' } },
    )
    expect(text).toContain('conversation.item.truncate')
    const { report } = await replay(text, { modality: 'audio' })
    expect(report.departures).toEqual([])
  })

  it('an event that the server rejected: a problem, and none for a client that was fixed', async () => {
    const text = await recordCall(async (session, clock) => {
      session.send({ type: 'conversation.item.delete', item_id: 'item_unknown' })
      await clock.advance(1_000)
    })
    const broken = createManualClock()
    const transport = replaying(text, { clock: broken })
    const session = startAgent(transport, broken, {})
    await settleOn(broken, session.connect())
    session.send({ type: 'conversation.item.delete', item_id: 'item_unknown' })
    await settleOn(broken, transport.finished)
    expect(transport.report()).toMatchObject({ departures: [], problems: [{ kind: 'error' }] })
    await settleOn(broken, session.close())

    const fixed = await replay(text)
    expect(fixed.report).toMatchObject({ departures: [], problems: [] })
  })

  it('a lost connection: closed again, and continued with the next one', async () => {
    const clock = createManualClock()
    const emulator = createEmulator({ clock })
    let text = ''
    const write = (line: string) => {
      text += line
    }
    const recorded = recording(reconnecting(emulator.connect(), { clock }), write, { text: 'keep', clock })
    const first = startAgent(recorded, clock, {})
    await settleOn(clock, first.connect())
    await emulator.close()
    await clock.advance(30_000)
    expect(first.getState().status).toBe('open')
    await settleOn(clock, first.close())

    const again = createManualClock()
    const transport = replaying(text, { clock: again })
    const session = startAgent(reconnecting(transport, { clock: again }), again, {})
    await settleOn(again, Promise.all([session.connect(), transport.finished]))
    expect(transport.report()).toMatchObject({ departures: [], isComplete: true })
    await settleOn(again, session.close())
  })

  it('a text that is no recording: throws INVALID_RECORDING', () => {
    let thrown: unknown
    try {
      replaying('{"type":"session.created"}\n')
    } catch (error) {
      thrown = error
    }
    expect(isTestingError(thrown, 'INVALID_RECORDING')).toBe(true)
  })
})
