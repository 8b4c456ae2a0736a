import { reconnecting } from 'realtime-primitives'
import { decodeMuLaw, toFloat32 } from 'realtime-primitives/audio'
import { reply } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { correlation } from './correlation.js'
import { createLine, findBytes, mumble, toLine } from './line.js'

// What was seen to fail in other clients on the telephone, and what their users ask for, holds here.

describe('failures known from other libraries', () => {
  it('24 kHz PCM is never sent to a mu-law line, without a format option', async () => {
    const voice = Int16Array.from({ length: 24_000 }, (_, n) => 8000 * Math.sin((2 * Math.PI * 300 * n) / 24_000))
    const { clock, phone, bridge, session } = createLine({ emulator: { script: [reply('la', { audio: voice })] } })
    bridge.on('ready', () => session.respond())
    phone.call()
    await clock.advance(3000)
    const at = findBytes(phone.played(), toLine(voice))
    expect(at).toBeGreaterThan(0)
    const heard = toFloat32(decodeMuLaw(phone.played().subarray(at, at + 8000)))
    const tone = Float32Array.from({ length: 8000 }, (_, n) => Math.sin((2 * Math.PI * 300 * n) / 8000))
    expect(correlation(heard, tone)).toBeGreaterThan(0.999)
    // One second of sound takes one second: PCM taken for mu-law would take six.
    expect(phone.playedMs).toBe(1000)
  })

  it('caller audio is not lost while the session connects slowly', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const { clock, phone, appended } = createLine({
      wrap: (inner) =>
        Object.create(inner, {
          open: {
            value: async (signal?: AbortSignal) => {
              await gate
              await inner.open(signal)
            },
          },
        }),
    })
    const words = mumble(1500)
    phone.call()
    phone.say(words)
    await clock.advance(5000)
    expect(appended()).toHaveLength(0)
    release()
    await clock.advance(100)
    expect(findBytes(appended(), words)).toBe(0)
    expect(Buffer.from(appended()).equals(phone.sent())).toBe(true)
    await clock.advance(5000)
    expect(phone.playedMs).toBeGreaterThan(1500)
  })

  it('an interruption clears and truncates a response that is completely generated', async () => {
    const { clock, phone, session, sent } = createLine({ emulator: { pace: Number.POSITIVE_INFINITY } })
    let responsesDone = 0
    session.on('response.done', () => {
      responsesDone += 1
    })
    phone.call()
    phone.say(mumble(3000))
    await clock.advance(4500)
    expect(responsesDone).toBe(1)
    expect(session.playback.isPlaying).toBe(true)
    session.interrupt()
    await clock.advance(1000)
    expect(phone.clears).toBe(1)
    const truncations = sent.filter(({ type }) => type === 'conversation.item.truncate')
    expect(truncations).toHaveLength(1)
    expect(Number(truncations[0]?.audio_end_ms)).toBeLessThanOrEqual(phone.playedMs)
    expect(phone.playedMs).toBeLessThan(1500)
  })

  it('an interruption truncates the response that is playing and deletes the waiting one', async () => {
    const voice = new Int16Array(48_000).fill(1000)
    const steps = [reply('one', { audio: voice }), reply('two', { audio: voice })]
    const { clock, phone, bridge, session, sent } = createLine({
      emulator: { script: [steps], pace: Number.POSITIVE_INFINITY },
    })
    bridge.on('ready', () => session.respond())
    phone.call()
    await clock.advance(1500)
    const interruption = session.interrupt()
    await clock.advance(100)
    expect(sent.slice(-2).map(({ type, item_id }) => [type, item_id])).toEqual([
      ['conversation.item.truncate', interruption?.played?.itemId],
      ['conversation.item.delete', interruption?.unplayedItemIds[0]],
    ])
  })

  it('a server error ends neither the process nor the call', async () => {
    const { clock, phone, session, stops } = createLine()
    phone.call()
    await clock.advance(100)
    session.send({ type: 'conversation.item.delete', item_id: 'nobody' })
    await clock.advance(100)
    expect(stops).toEqual([])
    expect(phone.isOver).toBe(false)
  })

  it('a lost connection does not end the call when the transport reconnects', async () => {
    const { clock, phone, emulator, session, stops, appended } = createLine({
      wrap: (transport, clock) => reconnecting(transport, { clock, random: () => 0 }),
    })
    phone.call()
    await clock.advance(1000)
    void emulator.close()
    await clock.advance(3000)
    const words = mumble(1000)
    phone.say(words)
    await clock.advance(4000)
    expect(stops).toEqual([])
    expect(session.getState().session?.audio?.input?.format).toEqual({ type: 'audio/pcmu' })
    expect(findBytes(appended(), words)).toBeGreaterThan(0)
    expect(phone.playedMs).toBeGreaterThan(1000)
  })
})

describe('related failures', () => {
  it('a response that ended with its connection does not block the next one', async () => {
    const { clock, phone, emulator, session } = createLine({
      emulator: { pace: 1.1 },
      wrap: (transport, clock) => reconnecting(transport, { clock, random: () => 0 }),
    })
    phone.call()
    phone.say(mumble(2000))
    await clock.advance(3500)
    expect(session.getState().responses.activeId).toBeDefined()
    void emulator.close()
    await clock.advance(3000)
    const playedMs = phone.playedMs
    expect(session.playback.isPlaying).toBe(false)
    phone.say(mumble(1000, 4))
    await clock.advance(5000)
    expect(phone.playedMs).toBeGreaterThan(playedMs + 1000)
  })
})

describe('common requests', () => {
  it('keys are emitted in order', async () => {
    const { clock, phone, bridge } = createLine()
    const digits: string[] = []
    bridge.on('dtmf', ({ digit }) => digits.push(digit))
    phone.call()
    for (const digit of '12#*A') phone.press(digit)
    await clock.advance(20)
    expect(digits.join('')).toBe('12#*A')
  })

  it('stream parameters are available before caller audio is sent, and can configure the session', async () => {
    const { clock, phone, bridge, session, sent } = createLine({
      phone: { customParameters: { language: 'Norwegian' } },
    })
    bridge.on('ready', ({ customParameters }) => {
      void session.update({ instructions: `Speak ${customParameters.language}.` })
    })
    phone.call()
    await clock.advance(1000)
    expect(sent.map(({ type, session }) => [type, (session as { instructions?: string }).instructions])).toEqual([
      ['session.update', undefined],
      ['session.update', 'Speak Norwegian.'],
    ])
    expect(session.getState().session).toMatchObject({ instructions: 'Speak Norwegian.' })
  })

  it('telephone formats need no configuration, and the app’s configuration is kept', async () => {
    const { clock, phone, session } = createLine({
      session: {
        config: { audio: { output: { voice: 'cedar' }, input: { turn_detection: { type: 'semantic_vad' } } } },
      },
    })
    phone.call()
    await clock.advance(100)
    expect(session.getState().session?.audio).toMatchObject({
      input: { format: { type: 'audio/pcmu' }, turn_detection: { type: 'semantic_vad' } },
      output: { format: { type: 'audio/pcmu' }, voice: 'cedar' },
    })
  })

  it('a goodbye is played to its end before the call ends', async () => {
    const voice = Int16Array.from({ length: 48_000 }, (_, n) => 8000 * Math.sin(n / 9))
    const { clock, phone, bridge, session, stops } = createLine({
      emulator: { script: [reply('Goodbye.', { audio: voice })] },
    })
    bridge.on('ready', async () => {
      await session.respond().done
      await session.close()
    })
    phone.call()
    await clock.advance(5000)
    expect(findBytes(phone.played(), toLine(voice))).toBeGreaterThan(0)
    expect(stops).toEqual([{ reason: 'session' }])
    expect(phone.isOver).toBe(true)
    expect(clock.pending).toBe(0)
  })
})
