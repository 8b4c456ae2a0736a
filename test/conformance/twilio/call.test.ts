import { createSession, reconnecting, selectItems } from 'realtime-primitives'
import { decodeMuLaw, toFloat32 } from 'realtime-primitives/audio'
import { createEmulator, createManualClock, createTelephone, reply, socketPair } from 'realtime-primitives/testing'
import { bridgeTwilio, type TwilioBridgeOptions } from 'realtime-primitives/twilio'
import { describe, expect, it } from 'vitest'
import { itCertifies } from '../../support/certify.js'
import { correlation } from './correlation.js'
import { holdHourOfCalls } from './hour-of-calls.js'
import { createLine, findBytes, mumble, toLine } from './line.js'

const words = mumble(2000)
const samples = (muLaw: Uint8Array) => new Uint8Array(decodeMuLaw(muLaw).buffer)

describe('call audio', () => {
  it('reaches the server unchanged from the first frame', async () => {
    const { clock, phone, appended } = createLine()
    phone.call()
    phone.say(words)
    await clock.advance(4000)
    const heard = appended()
    expect(findBytes(heard, words)).toBe(0)
    expect(heard.length).toBe(phone.sent().length)
    expect(Buffer.from(heard).equals(phone.sent())).toBe(true)
  })

  it('is returned unchanged when the model echoes it', async () => {
    const { clock, phone } = createLine()
    phone.call()
    phone.say(words)
    await clock.advance(8000)
    const heard = samples(phone.played())
    expect(findBytes(heard, samples(words))).toBeGreaterThan(0)
    expect(phone.rejected).toEqual([])
  })

  it('is converted once, by the server, when the model speaks', async () => {
    const voice = Int16Array.from({ length: 48_000 }, (_, n) => 9000 * Math.sin((2 * Math.PI * 440 * n) / 24_000))
    const { clock, phone, bridge, session } = createLine({
      emulator: { script: [reply('la', { audio: voice })] },
    })
    bridge.on('ready', () => session.respond())
    phone.call()
    await clock.advance(4000)
    const expected = toLine(voice)
    expect(findBytes(phone.played(), expected)).toBeGreaterThan(0)
    const at = findBytes(phone.played(), expected)
    const heard = phone.played().subarray(at, at + expected.length)
    expect(correlation(toFloat32(decodeMuLaw(heard)), toFloat32(decodeMuLaw(expected)))).toBe(1)
  })

  it('is sent in whole frames of 20 ms at the pace of speech, without gaps', async () => {
    const { clock, phone } = createLine({ emulator: { pace: Number.POSITIVE_INFINITY }, bridge: { sendAheadMs: 200 } })
    phone.call()
    phone.say(words)
    await clock.advance(8000)
    const { frames } = phone
    const first = frames[0]?.atMs ?? 0
    let sentMs = 0
    for (const { atMs, bytes } of frames) {
      expect(bytes.length % 160).toBe(0)
      // The audio before has not been played when this arrives.
      if (sentMs > 0) expect(sentMs - (atMs - first)).toBeGreaterThan(0)
      sentMs += bytes.length / 8
      expect(sentMs - (atMs - first)).toBeLessThanOrEqual(200)
    }
    expect(phone.playedMs).toBe(sentMs)
  })
})

describe('an interruption by the caller', () => {
  it('stops playback at once and truncates at the nearest mark', async () => {
    const long = mumble(3000)
    const { clock, phone, session, sent } = createLine({ bridge: { markEveryMs: 40 } })
    const heardAt: number[] = []
    session.on('interrupted', () => heardAt.push(phone.playedMs))
    phone.call()
    phone.say(long)
    await clock.advance(5000)
    expect(phone.playedMs).toBeGreaterThan(500)
    phone.say(mumble(1500, 5))
    await clock.advance(1500)
    const truncation = sent.find(({ type }) => type === 'conversation.item.truncate')
    const playedMs = Number(truncation?.audio_end_ms)
    expect(heardAt).toHaveLength(1)
    expect(heardAt[0] ?? 0).toBeGreaterThanOrEqual(playedMs)
    expect((heardAt[0] ?? 0) - playedMs).toBeLessThanOrEqual(60)
    // What had come out of the telephone when the line was cleared stays; a frame may have been on its way.
    expect(phone.playedMs - (heardAt[0] ?? 0)).toBeLessThanOrEqual(20)
    expect(phone.clears).toBe(1)
    expect(selectItems(session.getState()).find(({ id }) => id === truncation?.item_id)?.truncatedAtMs).toBe(playedMs)

    // The marks that the clear gave back counted for nothing, and the next answer is heard whole.
    await clock.advance(6000)
    expect(session.playback.progress(String(truncation?.item_id))).toMatchObject([{ playedMs }])
    expect(session.playback.isPlaying).toBe(false)
    expect(findBytes(samples(phone.played()), samples(mumble(1500, 5)))).toBeGreaterThan(0)
  })

  it('stops a response whose connection is lost', async () => {
    const line = createLine({
      emulator: { pace: Number.POSITIVE_INFINITY },
      wrap: (transport, clock) => reconnecting(transport, { clock, random: () => 0 }),
    })
    const { clock, phone, session } = line
    phone.call()
    phone.say(mumble(4000))
    await clock.advance(4900)
    void line.emulator.close()
    await clock.advance(1000)
    expect(session.getState().status).toBe('open')
    // What had arrived is heard on.
    const playedMs = phone.playedMs
    await clock.advance(500)
    expect(phone.playedMs).toBe(playedMs + 500)
    phone.say(mumble(1000, 5))
    await clock.advance(800)
    expect(phone.clears).toBe(1)
    await clock.advance(5000)
    expect(findBytes(samples(phone.played()), samples(mumble(1000, 5)))).toBeGreaterThan(0)
  })
})

describe('the lifecycle of a call', () => {
  it('releases timers, listeners, and sessions, for every side that hangs up', async () => {
    const ends = [
      ({ phone }: ReturnType<typeof createLine>) => phone.hangUp(),
      ({ phone }: ReturnType<typeof createLine>) => phone.drop(),
      ({ bridge }: ReturnType<typeof createLine>) => void bridge(),
      ({ emulator }: ReturnType<typeof createLine>) => void emulator.close(),
    ]
    for (const end of ends)
      for (const afterMs of [0, 10, 1000, 2900, 4000]) {
        const line = createLine()
        line.phone.call()
        line.phone.say(words)
        await line.clock.advance(afterMs)
        end(line)
        await line.clock.advance(6000)
        expect(line.stops).toHaveLength(1)
        expect(line.near.listenerCount).toBe(0)
        expect(line.clock.pending).toBe(0)
        expect(line.emulator.sessionCount).toBe(0)
        expect(line.session.getState().status).toMatch(/closed|idle/)
      }
  })

  it('works for a hundred concurrent calls', async () => {
    const lines = Array.from({ length: 100 }, () => createLine())
    for (const { phone } of lines) {
      phone.call()
      phone.say(mumble(600))
    }
    for (const { clock } of lines) await clock.advance(3000)
    for (const { phone } of lines) {
      expect(phone.playedMs).toBeGreaterThan(600)
      phone.hangUp()
    }
    for (const { clock, stops } of lines) {
      await clock.advance(20)
      expect(stops).toEqual([{ reason: 'hangup' }])
      expect(clock.pending).toBe(0)
    }
  }, 30_000)

  it('continues with the same session over a second stream after the first breaks', async () => {
    const line = createLine({ bridge: { onStop: 'keep' } })
    const { clock, phone, session } = line
    phone.call()
    phone.say(words)
    await clock.advance(3500)
    expect(session.playback.isPlaying).toBe(true)
    phone.drop()
    await clock.advance(500)
    const cut = selectItems(session.getState()).at(-1)
    expect(cut?.truncatedAtMs).toBeGreaterThan(0)
    expect(Math.abs(phone.playedMs - (cut?.truncatedAtMs ?? 0))).toBeLessThanOrEqual(120)

    const [near, far] = socketPair()
    const again = createTelephone(far, { clock, callSid: phone.callSid })
    const bridge = bridgeTwilio(near, session)
    again.call()
    again.say(mumble(1000, 4))
    await clock.advance(5000)
    expect(bridge.call).toMatchObject({ streamSid: again.streamSid, callSid: phone.callSid })
    expect(again.streamSid).not.toBe(phone.streamSid)
    expect(again.rejected).toEqual([])
    expect(findBytes(samples(again.played()), samples(mumble(1000, 4)))).toBeGreaterThan(0)
    again.hangUp()
    await clock.advance(100)
    expect(session.getState().status).toBe('closed')
    expect(clock.pending).toBe(0)
  })
})

describe('a turn of the caller when the provider stops sending media', () => {
  /** A line over which the provider sends only what the test sends. Returns how many turns the server has committed. */
  async function speakAndStop(bridge: TwilioBridgeOptions, continueAtMs?: number): Promise<number> {
    const clock = createManualClock()
    const emulator = createEmulator({ clock })
    const session = createSession({ transport: emulator.connect({ model: 'gpt-realtime-2.1' }), clock })
    const [near, far] = socketPair()
    const stop = bridgeTwilio(near, session, bridge)
    let turns = 0
    session.on('input_audio_buffer.committed', () => turns++)
    const streamSid = 'MZ1'
    const sendFrame = (atMs: number, bytes: Uint8Array) => {
      const payload = Buffer.from(bytes).toString('base64')
      far.send(JSON.stringify({ event: 'media', streamSid, media: { timestamp: String(atMs), payload } }))
    }
    far.send(JSON.stringify({ event: 'start', streamSid, start: { callSid: 'CA1' } }))
    await clock.advance(500)
    for (let atMs = 0; atMs < words.length / 8; atMs += 20) {
      sendFrame(atMs, words.subarray(atMs * 8, (atMs + 20) * 8))
      await clock.advance(20)
    }
    if (continueAtMs === undefined) await clock.advance(5_000)
    else sendFrame(continueAtMs, new Uint8Array(160).fill(0xff))
    await clock.advance(300)
    await stop()
    return turns
  }

  it('ends because of the silence that the bridge appends', async () => {
    expect(await speakAndStop({})).toBe(1)
    expect(await speakAndStop({ maxPaddingMs: 0 })).toBe(0)
  })

  it('ends when the next timestamp shows the gap', async () => {
    expect(await speakAndStop({ padAfterMs: Number.POSITIVE_INFINITY }, 4_000)).toBe(1)
  })
})

itCertifies('an hour of calls: leaves at most 5 % more heap than the first ten minutes', async () => {
  const { early, late } = await holdHourOfCalls()
  process.stdout.write(`heap after 10 and 60 minutes: ${early.toFixed(2)} and ${late.toFixed(2)} MB\n`)
  expect(late / early).toBeLessThanOrEqual(1.05)
})
