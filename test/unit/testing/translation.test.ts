import { describe, expect, it } from 'vitest'
import { encodeBase64 } from '../../../src/audio/base64.js'
import { createEmulator, type EmulatorOptions, fail, type Phrase } from '../../../src/testing/index.js'
import { findSound } from '../../support/speech.js'
import { joined, room, speechLike } from './speech.js'
import { connectToTranslation, model } from './translation-client.js'

const quick: EmulatorOptions = { pace: Number.POSITIVE_INFINITY, latencyMs: 0 }
const transcribed = { input: { transcription: { model: 'gpt-realtime-whisper' } } }
const said = (ms: number, seed = 1) => joined(room(400), speechLike(ms, { seed }), room(400))

/** Hears the words that it is given, phrase by phrase. */
function hearing(...words: string[]): EmulatorOptions {
  let next = 0
  return { hear: () => words[next++] ?? '' }
}

describe('a translation session', () => {
  it('is created with the whole resource', async () => {
    const { events } = await connectToTranslation()
    expect(events).toEqual([
      {
        type: 'session.created',
        event_id: expect.stringMatching(/^event_\w+$/),
        session: {
          type: 'translation',
          id: expect.stringMatching(/^sess_\w+$/),
          model,
          expires_at: expect.any(Number),
          audio: { input: { transcription: null, noise_reduction: null }, output: { language: 'en' } },
        },
      },
    ])
  })

  it('keeps omitted fields of an update, and disables features that are null', async () => {
    const client = await connectToTranslation()
    await client.configure({ ...transcribed, output: { language: 'fr' } })
    await client.configure({ input: { noise_reduction: { type: 'near_field' } } })
    expect(client.all('session.updated').at(-1)?.session.audio).toEqual({
      input: { transcription: { model: 'gpt-realtime-whisper' }, noise_reduction: { type: 'near_field' } },
      output: { language: 'fr' },
    })
    await client.configure({ input: { transcription: null, noise_reduction: null } })
    expect(client.all('session.updated').at(-1)?.session.audio).toEqual({
      input: { transcription: null, noise_reduction: null },
      output: { language: 'fr' },
    })
  })

  it.each([
    [{ session: { type: 'translation' } }, 'unknown_parameter', 'session.type'],
    [{ session: { model } }, 'unknown_parameter', 'session.model'],
    [{ session: { audio: { input: { language: 'en' } } } }, 'unknown_parameter', 'session.audio.input.language'],
    [
      { session: { audio: { input: { turn_detection: null } } } },
      'unknown_parameter',
      'session.audio.input.turn_detection',
    ],
    [
      { session: { audio: { input: { transcription: { model: 'm', language: 'en' } } } } },
      'unknown_parameter',
      'session.audio.input.transcription.language',
    ],
    [{ session: { audio: { output: { language: 7 } } } }, 'invalid_type', 'session.audio.output.language'],
    [{}, 'missing_required_parameter', 'session'],
  ])('refuses the update %j as a whole', async (update, code, param) => {
    const client = await connectToTranslation()
    await client.send({ type: 'session.update', event_id: 'mine', ...update })
    expect(client.error()).toMatchObject({ type: 'invalid_request_error', code, param, event_id: 'mine' })
    expect(client.all('session.updated')).toEqual([])
  })

  it.each(['response.create', 'input_audio_buffer.append', 'conversation.item.create', 'future', '__proto__'])(
    'refuses %s and lists what it takes',
    async (type) => {
      const client = await connectToTranslation()
      await client.send({ type, event_id: 'mine' })
      expect(client.error()).toEqual({
        type: 'invalid_request_error',
        code: 'invalid_value',
        message: `Invalid value: '${type}'. Supported values are: 'session.update', 'session.input_audio_buffer.append', and 'session.close'.`,
        param: 'type',
        event_id: 'mine',
      })
    },
  )

  it('rejects audio that is not base64 or longer than 15 MiB', async () => {
    const client = await connectToTranslation()
    const append = (audio: string) => client.send({ type: 'session.input_audio_buffer.append', audio })
    await append('?')
    expect(client.error()).toMatchObject({ code: 'invalid_value', param: 'audio' })
    await append('A'.repeat(20_971_524))
    expect(client.error()).toMatchObject({ code: 'string_above_max_length', param: 'audio' })
    await append(encodeBase64(new Uint8Array(15 * 2 ** 20)))
    expect(client.all('error')).toHaveLength(2)
  })

  it('ends after 60 minutes with an error and a clean close, and leaves no timer', async () => {
    const client = await connectToTranslation()
    await client.clock.advance(60 * 60_000 - 100)
    await client.speak(said(500))
    await client.clock.advance(100)
    expect(client.events.at(-1)).toMatchObject({ type: 'error', error: { code: 'session_expired', event_id: null } })
    expect(client.closes).toEqual([
      { code: 1001, reason: 'Your session hit the maximum duration of 60 minutes.', wasClean: true },
    ])
    expect(client.clock.pending).toBe(0)
    expect(client.emulator.sessionCount).toBe(0)
  })

  it('sends nothing and leaves no timer after the client disconnects', async () => {
    const client = await connectToTranslation({ pace: 1 })
    await client.speak(joined(said(1_500), speechLike(300)))
    await client.clock.advance(500)
    expect(client.all('session.output_audio.delta').length).toBeGreaterThan(0)
    await client.close()
    await client.clock.advance(0)
    expect(client.clock.pending).toBe(0)
    expect(client.emulator.sessionCount).toBe(0)
  })

  it('is closed with the emulator', async () => {
    const client = await connectToTranslation()
    expect(client.emulator.sessionCount).toBe(1)
    await client.emulator.close()
    await client.clock.advance(0)
    expect(client.closes).toMatchObject([{ code: 1001 }])
  })
})

describe('a translated phrase', () => {
  it('is sent as input transcript, output transcript, and audio', async () => {
    const client = await connectToTranslation({
      ...quick,
      ...hearing('Good morning.', 'How are you?'),
      translate: ({ text, language }) => (language === 'fr' && text === 'Good morning.' ? 'Bonjour.' : 'Ça va ?'),
    })
    await client.configure({ ...transcribed, output: { language: 'fr' } })
    const first = speechLike(900)
    const second = speechLike(700, { seed: 5 })
    await client.speak(joined(room(400), first, room(500), second, room(500)))
    expect(client.input()).toBe('Good morning. How are you?')
    expect(client.output()).toBe('Bonjour. Ça va ?')
    expect(findSound(client.sound(), first)).toBeGreaterThanOrEqual(0)
    expect(findSound(client.sound(), second)).toBeGreaterThan(findSound(client.sound(), first))
    expect(client.all('session.output_audio.delta')[0]).toMatchObject({
      sample_rate: 24_000,
      channels: 1,
      format: 'pcm16',
    })
  })

  it('is marked with the language configured when it was spoken', async () => {
    const client = await connectToTranslation({ latencyMs: 500, hear: () => 'Yes.' })
    await client.configure({ output: { language: 'es' } })
    await client.speak(said(500))
    await client.configure({ output: { language: 'ja' } })
    await client.speak(said(500))
    await client.clock.advance(5_000)
    expect(client.output()).toBe('[es] Yes. [ja] Yes.')
  })

  it('has a description as its text without the transcribe option', async () => {
    const client = await connectToTranslation(quick)
    await client.speak(said(1_500))
    expect(client.output()).toMatch(/^\[en\] \[[12]\.\d s of speech\]$/)
  })

  it('has an input transcript only when transcription is enabled', async () => {
    const client = await connectToTranslation({ ...quick, hear: () => 'Yes.' })
    await client.speak(said(500))
    await client.configure(transcribed)
    await client.speak(said(500))
    await client.configure({ input: { transcription: null } })
    await client.speak(said(500))
    expect(client.input()).toBe('Yes.')
    expect(client.output()).toBe('[en] Yes. [en] Yes. [en] Yes.')
  })

  it('is translated during speech longer than four seconds', async () => {
    const client = await connectToTranslation({ ...quick, hear: () => 'And so on' })
    await client.speak(joined(room(400), speechLike(9_000)))
    expect(client.output()).toBe('[en] And so on [en] And so on')
  })

  it('has an elapsed_ms that never decreases', async () => {
    const client = await connectToTranslation({ voice: 'tone', hear: () => 'One two three four five six.' })
    await client.configure(transcribed)
    await client.speak(joined(room(1_000), speechLike(1_000), room(2_000), speechLike(1_000), room(1_000)))
    await client.clock.advance(10_000)
    const times = client.events.flatMap((event) => ('elapsed_ms' in event ? [Number(event.elapsed_ms)] : []))
    expect(times).toEqual([...times].sort((a, b) => a - b))
    for (const time of times) expect(time % 200).toBe(0)
    const within = (from: number, to: number) => times.filter((time) => time >= from && time <= to).length
    expect(within(800, 2_400)).toBeGreaterThan(10)
    expect(within(3_800, 5_400)).toBeGreaterThan(10)
    expect(within(800, 2_400) + within(3_800, 5_400)).toBe(times.length)
  })

  it('is sent at the pace of the clock, one phrase after the other', async () => {
    const voice = () => new Int16Array(24_000)
    const client = await connectToTranslation({ voice, pace: 2, latencyMs: 300, hear: () => 'Yes.' })
    await client.speak(joined(said(500), said(500)))
    const playedMs = async (ms: number) => {
      await client.clock.advance(ms)
      return client.sound().length / 24
    }
    expect(await playedMs(299)).toBe(0)
    expect(await playedMs(1)).toBe(200)
    expect(await playedMs(99)).toBe(200)
    expect(await playedMs(1)).toBe(400)
    expect(await playedMs(399)).toBe(1_000)
    expect(client.output()).toBe('[en] Yes.')
    expect(await playedMs(1)).toBe(1_200)
    expect(await playedMs(500)).toBe(2_000)
    expect(client.output()).toBe('[en] Yes. [en] Yes.')
  })

  it('has the audio of the voice function, which receives the phrase', async () => {
    const phrases: Phrase[] = []
    const client = await connectToTranslation({
      ...quick,
      hear: () => 'Yes.',
      translate: () => 'Oui.',
      voice(text, turn) {
        if ('language' in turn) phrases.push(turn)
        return Int16Array.from(text, (letter) => letter.charCodeAt(0))
      },
    })
    await client.configure({ output: { language: 'fr' } })
    await client.speak(said(500))
    expect([...client.sound()].map((code) => String.fromCharCode(code)).join('')).toBe('Oui.')
    expect(phrases).toMatchObject([{ index: 0, text: 'Yes.', language: 'fr', session: { type: 'translation', model } }])
    const [{ startMs, endMs, audio }] = phrases as [Phrase]
    expect(audio.pcm.length).toBe((endMs - startMs) * 24)
    expect(findSound(audio.pcm, speechLike(500))).toBeGreaterThanOrEqual(0)
  })

  it('is empty when its transcript is empty', async () => {
    const client = await connectToTranslation({ ...quick, ...hearing('', 'Yes.') })
    await client.configure(transcribed)
    await client.speak(joined(said(500), said(500)))
    expect([client.input(), client.output()]).toEqual(['Yes.', '[en] Yes.'])
  })

  it('is reported as an error when it fails, and the next one is translated', async () => {
    let heard = 0
    const client = await connectToTranslation({
      ...quick,
      hear() {
        heard++
        if (heard === 1) throw new Error('deaf')
        return heard === 2 ? fail({ code: 'overloaded', message: 'Too loud.' }) : `Phrase ${heard}.`
      },
      translate({ text }) {
        if (text === 'Phrase 3.') throw new Error('lost for words')
        return text === 'Phrase 4.' ? fail({ code: 'unspeakable' }) : text
      },
      voice(text) {
        if (text === 'Phrase 5.') throw new Error('hoarse')
        return new Int16Array(100)
      },
    })
    await client.speak(joined(...Array.from({ length: 6 }, () => said(500))))
    expect(client.all('error').map(({ error: { type, code, event_id } }) => [type, code, event_id])).toEqual([
      ['server_error', 'hear_error', null],
      ['server_error', 'overloaded', null],
      ['server_error', 'translate_error', null],
      ['server_error', 'unspeakable', null],
      ['server_error', 'voice_error', null],
    ])
    expect(client.output()).toBe('Phrase 6.')
  })
})

describe('session.close', () => {
  it('translates all received audio, sends session.closed, and closes with 1000', async () => {
    const client = await connectToTranslation({ ...hearing('One.', 'Two.', 'Three.'), pace: 1 })
    await client.configure(transcribed)
    await client.speak(joined(said(800), said(800), room(300), speechLike(700)))
    await client.send({ type: 'session.close' })
    expect(client.output()).toBe('')
    await client.clock.advance(20_000)
    expect(client.input()).toBe('One. Two. Three.')
    expect(client.output()).toBe('[en] One. [en] Two. [en] Three.')
    expect(findSound(client.sound(), speechLike(700))).toBeGreaterThanOrEqual(0)
    expect(client.events.at(-1)?.type).toBe('session.closed')
    expect(client.closes).toEqual([{ code: 1000, reason: '', wasClean: true }])
    expect(client.clock.pending).toBe(0)
    expect(client.emulator.sessionCount).toBe(0)
  })

  it('completes at once without audio', async () => {
    const client = await connectToTranslation()
    await client.speak(room(2_000))
    await client.send({ type: 'session.close' })
    expect(client.events.map(({ type }) => type)).toEqual(['session.created', 'session.closed'])
    expect(client.closes).toMatchObject([{ code: 1000 }])
  })

  it('rejects every later event', async () => {
    const client = await connectToTranslation({ hear: () => 'Yes.' })
    await client.speak(said(500))
    await client.send({ type: 'session.close' })
    for (const event of [
      { type: 'session.input_audio_buffer.append', audio: '' },
      { type: 'session.update', session: {} },
      { type: 'session.close' },
    ]) {
      await client.send(event)
      expect(client.error()).toMatchObject({ type: 'invalid_request_error', code: 'session_closing' })
    }
    await client.clock.advance(5_000)
    expect(client.output()).toBe('[en] Yes.')
    expect(client.events.filter(({ type }) => type === 'session.closed')).toHaveLength(1)
  })
})

describe('authentication of translation sessions', () => {
  /** How a connection begins: with an event or the code of an error, and its close. */
  async function knock(options: EmulatorOptions, request: Parameters<typeof connectToTranslation>[1]) {
    const { events, closes } = await connectToTranslation(options, { service: 'translations', ...request })
    const [first] = events
    return [first?.type === 'error' ? first.error.code : first?.type, ...closes.map(({ code }) => code)]
  }

  it('accepts a valid key and a translation model', async () => {
    expect(await knock({}, { model })).toEqual(['session.created'])
    expect(await knock({}, { model: `${model}-2026-05-07` })).toEqual(['session.created'])
    expect(await knock({}, { model: 'gpt-realtime-2.1' })).toEqual(['invalid_model', 4000])
    expect(await knock({ models: ['gpt-realtime-2.1'] }, { model: 'gpt-realtime-2.1' })).toEqual([
      'invalid_model',
      4000,
    ])
    expect(await knock({ models: ['other'] }, { model })).toEqual(['invalid_model', 4000])
    expect(await knock({}, {})).toEqual(['missing_model', 4000])
    expect(await knock({}, { intent: 'transcription' })).toEqual(['invalid_request_error', 4000])
    expect(await knock({}, { model, callId: 'rtc_1' })).toEqual(['invalid_request_error', 4000])
    expect(await knock({}, { model, asksForBeta: true })).toEqual(['beta_api_shape_disabled', 4000])
    expect(await knock({ apiKey: 'sk-good' }, { model })).toEqual(['invalid_api_key', 3000])
    expect(await knock({ apiKey: 'sk-good' }, { model, apiKey: 'sk-good' })).toEqual(['session.created'])
  })

  it('rejects a translation model for a conversation', async () => {
    expect(await knock({}, { service: 'realtime', model })).toEqual(['invalid_model', 4000])
  })

  it('accepts only client secrets for translation, with their configuration', async () => {
    const emulator = createEmulator({ apiKey: 'sk-good' })
    const secret = emulator.mintTranslationSecret({ session: { model, audio: { output: { language: 'de' } } } })
    expect(secret).toMatchObject({
      value: expect.stringMatching(/^ek_/),
      session: { type: 'translation', model, expires_at: 0, audio: { output: { language: 'de' } } },
    })
    const other = emulator.mintClientSecret({ session: { type: 'realtime', model: 'gpt-realtime-2.1' } })
    if (!('value' in other)) throw new Error('no secret')
    const first = async (request: Parameters<typeof emulator.connect>[0]) => {
      const transport = emulator.connect(request)
      const greeting = new Promise<string>((resolve) => transport.on('message', resolve))
      await transport.open()
      const event = JSON.parse(await greeting)
      await transport.close()
      return event
    }
    expect(await first({ service: 'translations', model, apiKey: secret.value })).toMatchObject({
      type: 'session.created',
      session: { audio: { output: { language: 'de' } } },
    })
    expect(await first({ service: 'translations', model, apiKey: other.value })).toMatchObject({
      error: { message: 'The client secret is for a realtime session; this is none.' },
    })
    expect(await first({ model: 'gpt-realtime-2.1', apiKey: secret.value })).toMatchObject({
      error: { message: 'The client secret is for a translation session; this is none.' },
    })
  })
})
