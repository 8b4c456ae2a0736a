import { type InterruptionGuardOptions, runInterruptionGuard } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { type AcousticLine, mediaLine, telephoneLine, webSocketLine } from '../../support/acoustic-line.js'
import { vowel } from '../../support/speech.js'

const text = 'This is a long answer of the agent, which has many words and takes quite a while to be spoken to the end.'

/** The agent's own voice comes back at -20 dB. */
const echo = { text, echoDb: -20 }

function guard(line: AcousticLine, options: InterruptionGuardOptions = {}) {
  return runInterruptionGuard(line.session, {
    ...options,
    // On media tracks only a page knows the levels.
    ...(line.isMedia && {
      levels: {
        microphone: { getState: () => ({ rmsDb: line.microphoneDb }) },
        output: { getState: () => ({ rmsDb: line.loudspeakerDb }) },
      },
    }),
  })
}

function countInterruptions(line: AcousticLine): () => number {
  let count = 0
  line.session.on('interrupted', () => {
    count += 1
  })
  return () => count
}

/** Barge-ins of different length and loudness, at different times, over different echo delays. */
const bargeIns = [20, 100, 300, 500].flatMap((echoDelayMs) =>
  [500, 700, 1_500].flatMap((durationMs, index) =>
    [1, 0.5].map((loudness) => ({ echoDelayMs, durationMs, loudness, atMs: 600 + 130 * index + echoDelayMs })),
  ),
)

describe.each([
  ['a WebSocket', webSocketLine],
  ['a telephone', telephoneLine],
  ['media tracks', mediaLine],
] as const)('the echo of the model over %s', (_, open) => {
  it('interrupts the model without a guard', async () => {
    const line = await open(echo)
    const interruptions = countInterruptions(line)
    line.session.respond()
    await line.pass(5_000)
    expect(interruptions()).toBeGreaterThan(1)
    await line.stop()
  })

  it.each([20, 300])('never interrupts the model with a guard, and is no turn, %s ms late', async (echoDelayMs) => {
    const line = await open({ ...echo, echoDelayMs })
    const { ready } = guard(line)
    await line.pass(100)
    await ready
    const interruptions = countInterruptions(line)
    const created: string[] = []
    line.session.on('response.created', ({ response }) => created.push(response.id))
    const deleted: string[] = []
    line.session.on('conversation.item.deleted', ({ item_id }) => deleted.push(item_id))
    line.session.respond()
    await line.pass(10_000)
    expect(interruptions()).toBe(0)
    expect(created).toHaveLength(1)
    expect(deleted).toHaveLength(1)
    await line.stop()
  })

  it('does not hide the user: at least 95 % of barge-ins interrupt, and each gets a response', async () => {
    let interrupted = 0
    let replied = 0
    for (const { echoDelayMs, durationMs, loudness, atMs } of bargeIns) {
      const line = await open({ ...echo, echoDelayMs })
      const { ready } = guard(line)
      await line.pass(100)
      await ready
      const interruptions = countInterruptions(line)
      let responses = 0
      line.session.on('response.created', () => {
        responses += 1
      })
      line.session.respond()
      await line.pass(atMs)
      line.speak(vowel(durationMs).map((sample) => sample * loudness))
      await line.pass(durationMs + 200)
      interrupted += Math.min(1, interruptions())
      await line.pass(1_200)
      replied += Math.min(1, responses - 1)
      await line.stop()
    }
    expect(interrupted).toBeGreaterThanOrEqual(Math.ceil(0.95 * bargeIns.length))
    expect(replied).toBeGreaterThanOrEqual(interrupted)
  })
})
