import {
  createSession,
  type LatencyTurn,
  type ResponseHandle,
  reconnecting,
  runLatency,
  runMcp,
  runTools,
  type SilenceCause,
  tool,
} from 'realtime-primitives'
import { call, createEmulator, createManualClock, type ManualClock, mcpCall, reply } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { flaky } from '../../support/flaky.js'
import { runs } from '../../support/runs.js'
import { joined, silentSamples, vowel } from '../../support/speech.js'
import { createRandom } from '../../unit/audio/signal.js'

const causes = ['turnDetection', 'server', 'tool', 'approval', 'player', 'queue', 'reconnect'] as const

type Planted = Readonly<Partial<Record<SilenceCause, number>>>

const chunkMs = 20
const samplesPerChunk = 24 * chunkMs
/** What every turn has without a planted delay, in milliseconds. */
const usual = { turnDetection: 500, server: 100, tool: 50, approval: 50, player: 60, reconnect: 0, queue: 0 }

interface TurnOptions {
  readonly detection?: 'server_vad' | 'semantic_vad'
  /** When the measurement starts, in milliseconds of audio. */
  readonly measuresFromMs?: number
  /** Lets the server call an MCP tool, after an approval, instead of a tool of the app. */
  readonly usesMcp?: boolean
}

/** Lives through one spoken turn in which delays are planted, and returns it. */
async function turnWith(
  planted: Planted,
  { detection: kind = 'server_vad', measuresFromMs = 0, usesMcp = false }: TurnOptions = {},
): Promise<LatencyTurn> {
  const clock = createManualClock()
  const delay = (cause: keyof typeof usual) => usual[cause] + (planted[cause] ?? 0)
  const callsTool = planted.tool !== undefined || planted.approval !== undefined
  const emulator = createEmulator({
    clock,
    latencyMs: delay('server'),
    mcpServers: { docs: { tools: [{ name: 'look_up' }], latencyMs: delay('tool') } },
    script: [
      ...(callsTool ? [usesMcp ? mcpCall('docs', 'look_up', {}) : call('look_up', {})] : []),
      ...(planted.queue === undefined ? [] : [reply('word '.repeat(200))]),
      reply('It is open.'),
    ],
  })
  const line = flaky(emulator.connect({ model: 'gpt-realtime-2.1' }))
  const session = createSession({
    clock,
    transport: reconnecting(line.transport, { clock, retryDelayMs: () => planted.reconnect ?? 0 }),
    config: {
      ...(usesMcp ? { tools: [{ type: 'mcp', server_label: 'docs', server_url: 'https://docs.example' }] } : {}),
      audio: {
        input: {
          turn_detection:
            kind === 'semantic_vad'
              ? { type: kind, eagerness: planted.turnDetection ? 'low' : 'medium' }
              : {
                  type: kind,
                  silence_duration_ms: delay('turnDetection'),
                  create_response: planted.queue === undefined,
                  interrupt_response: planted.queue === undefined,
                },
        },
      },
    },
  })
  const lookUp = tool({
    name: 'look_up',
    description: 'Looks something up.',
    parameters: z.object({}),
    needsApproval: true,
    execute: () => sleep(clock, delay('tool')).then(() => 'open'),
  })
  const tools = usesMcp ? undefined : runTools(session, [lookUp])
  const approvals = tools?.approvals ?? runMcp(session).approvals
  approvals.on('requested', ({ id }) => void clock.after(delay('approval'), () => approvals.approve(id)))
  const turns: LatencyTurn[] = []
  const spokenTurn = () => turns.find(({ trigger }) => trigger === 'speech')
  const measure = () => runLatency(session, { tools, approvals, onTurn: (turn) => void turns.push(turn) })
  if (measuresFromMs === 0) measure()
  play(session, clock, delay('player'))
  const connecting = session.connect()
  await clock.advance(0)
  await connecting
  if (planted.queue !== undefined) respondBehindAnother(session, clock, planted.queue)

  const speech = joined(silentSamples(400), vowel(900), silentSamples(3_500))
  let dropAtMs = planted.reconnect === undefined ? Number.POSITIVE_INFINITY : 1_500
  for (let at = 0; at < speech.length && !spokenTurn(); at += samplesPerChunk) {
    if (measuresFromMs > 0 && at === 24 * measuresFromMs) measure()
    session.audio.append(speech.subarray(at, at + samplesPerChunk))
    await clock.advance(chunkMs)
    if (at / 24 < dropAtMs) continue
    dropAtMs = Number.POSITIVE_INFINITY
    line.cut()
  }
  await clock.advance(10_000)
  await session.close()
  const turn = spokenTurn()
  if (!turn?.silence) throw new Error('the turn has no silence')
  return turn
}

/** Plays audio in real time, some milliseconds after it arrived. */
function play(session: ReturnType<typeof createSession>, clock: ManualClock, startMs: number): void {
  session.on('response.output_audio.delta', ({ item_id, content_index }) => {
    const part = { itemId: item_id, contentIndex: content_index }
    session.playback.enqueued(part)
    clock.after(startMs + chunkMs, () => session.playback.played(part, chunkMs))
  })
}

/** Requests a response to the turn while another one, which started during the speech, runs for some milliseconds more. */
function respondBehindAnother(session: ReturnType<typeof createSession>, clock: ManualClock, queuedMs: number): void {
  let other: ResponseHandle | undefined
  session.on('input_audio_buffer.speech_started', () => {
    other = session.respond()
  })
  session.on('input_audio_buffer.committed', () => {
    session.respond()
    clock.after(queuedMs, () => other?.cancel())
  })
}

function sleep(clock: ManualClock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve))
}

function partsOf({ silence }: LatencyTurn): Readonly<Record<SilenceCause, number>> {
  if (!silence) throw new Error('the turn has no silence')
  return silence.parts
}

describe('runLatency: a silence', () => {
  it('is divided into parts that add up to it', async () => {
    const { silence } = await turnWith({ tool: 200 })
    const sum = Object.values(silence?.parts ?? {}).reduce((all, ms) => all + ms, 0)
    expect(sum).toBeCloseTo((silence?.endMs ?? 0) - (silence?.startMs ?? 0), 6)
  })

  it('attributes a planted delay of 100 to 800 ms to its cause within 20 ms, in at least 95 % of turns', async () => {
    const random = createRandom(7)
    const wrong: unknown[] = []
    const turns = runs({ usual: 4, certify: 40 }) * causes.length
    const usualParts = new Map<SilenceCause, Readonly<Record<SilenceCause, number>>>()
    for (const cause of causes) usualParts.set(cause, partsOf(await turnWith({ [cause]: 0 })))
    for (let turn = 0; turn < turns; turn++) {
      const cause = causes[turn % causes.length] as (typeof causes)[number]
      const plantedMs = Math.round(100 + 700 * random())
      const parts = partsOf(await turnWith({ [cause]: plantedMs }))
      // While the connection is away, the time of the turn detection passes too, so the other parts change.
      const compared = cause === 'reconnect' ? [cause] : causes
      const isRight = compared.every((other) => {
        const expected = (usualParts.get(cause)?.[other] ?? 0) + (other === cause ? plantedMs : 0)
        return Math.abs(parts[other] - expected) <= 20
      })
      if (!isRight) wrong.push({ cause, plantedMs, parts })
    }
    expect(wrong.slice(Math.floor(turns * 0.05))).toEqual([])
  }, 600_000)

  it('has the time of MCP tools and of their approvals', async () => {
    const usualParts = partsOf(await turnWith({ tool: 0 }, { usesMcp: true }))
    for (const cause of ['tool', 'approval'] as const) {
      const turn = await turnWith({ [cause]: 300 }, { usesMcp: true })
      expect(turn.tools).toMatchObject([{ name: 'look_up', type: 'mcp' }])
      expect(turn.marks.tools).toBe(usual.tool + (cause === 'tool' ? 300 : 0))
      for (const other of causes)
        expect(partsOf(turn)[other] - usualParts[other]).toBeCloseTo(other === cause ? 300 : 0, 6)
    }
  })

  it('has the time of a semantic turn detection, which the server does not report', async () => {
    const medium = partsOf(await turnWith({}, { detection: 'semantic_vad' }))
    const low = partsOf(await turnWith({ turnDetection: 800 }, { detection: 'semantic_vad' }))
    expect(Math.abs(low.turnDetection - medium.turnDetection - 800)).toBeLessThanOrEqual(20)
    expect(Math.abs(medium.turnDetection - 800)).toBeLessThanOrEqual(60)
  })

  it('has its parts when the measurement starts after audio was sent', async () => {
    const parts = partsOf(await turnWith({}, { measuresFromMs: 600 }))
    expect(Math.abs(parts.turnDetection - usual.turnDetection)).toBeLessThanOrEqual(20)
    expect(Math.abs(parts.server - usual.server)).toBeLessThanOrEqual(60)
    expect(parts.player).toBe(usual.player)
  })
})
