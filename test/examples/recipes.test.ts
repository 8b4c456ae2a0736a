import { selectItems, type Transport, webSocket } from 'realtime-primitives'
import {
  type ConnectRequest,
  call,
  createEmulator,
  createManualClock,
  type EmulatorOptions,
  fail,
  reply,
  silence,
} from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { describe, expect, it } from 'vitest'
import { appDecides } from '../../examples/recipes/app-decides.js'
import { bargeIn, type Speaker } from '../../examples/recipes/barge-in.js'
import { fallback } from '../../examples/recipes/fallback.js'
import { idleTimeout } from '../../examples/recipes/idle-timeout.js'
import { manualTurns } from '../../examples/recipes/manual-turns.js'
import { pushToTalk } from '../../examples/recipes/push-to-talk.js'
import { rotation } from '../../examples/recipes/rotation.js'
import { survivingDrops } from '../../examples/recipes/surviving-drops.js'
import { textOnly } from '../../examples/recipes/text-only.js'
import { transcription } from '../../examples/recipes/transcription.js'
import { translation } from '../../examples/recipes/translation.js'
import { wholeTurn } from '../../examples/recipes/whole-turn.js'
import { runExample } from '../support/run-example.js'
import { findSound, joined, silentSamples, vowel } from '../support/speech.js'

const model = 'gpt-realtime-2.1'

interface Event {
  readonly type: string
  readonly [field: string]: unknown
}

/** Creates an emulator that responds without delay, and a transport to it that records its traffic. */
function setUp(options: EmulatorOptions = {}, request: ConnectRequest = { model }) {
  const emulator = createEmulator({
    pace: Number.POSITIVE_INFINITY,
    latencyMs: 0,
    transcriptionLagMs: 0,
    voice: 'tone',
    ...options,
  })
  return { emulator, ...observed(emulator.connect(request)) }
}

function observed(inner: Transport) {
  const sent: Event[] = []
  const received: Event[] = []
  const lines: string[] = []
  inner.on('message', (frame) => received.push(JSON.parse(frame)))
  const transport: Transport = {
    audio: inner.audio,
    get state() {
      return inner.state
    },
    get bufferedAmount() {
      return inner.bufferedAmount
    },
    open: (signal) => inner.open(signal),
    send(frame) {
      sent.push(JSON.parse(frame))
      inner.send(frame)
    },
    close: (code, reason) => inner.close(code, reason),
    on: (type, listener) => inner.on(type, listener),
  }
  return { transport, sent, received, lines, print: (line: string) => lines.push(line) }
}

const typesOf = (events: readonly Event[]) => events.map(({ type }) => type)
const count = (events: readonly Event[], type: string) => typesOf(events).filter((each) => each === type).length
const bytesSent = (events: readonly Event[]) =>
  events.reduce((sum, { audio }) => sum + (typeof audio === 'string' ? Buffer.from(audio, 'base64').length : 0), 0)
const turn = (ms: number) => joined(silentSamples(400), vowel(ms), silentSamples(1200))

describe('push to talk', () => {
  it('sends audio only while the button is pressed, and requests a response on release', async () => {
    const { transport, sent, lines, print } = setUp({ script: [reply('Understood.')] })
    const { session, press, append, release } = await pushToTalk(transport, print)
    append(vowel(500))
    press()
    append(vowel(300))
    append(vowel(200))
    const response = await release()
    append(vowel(500))
    expect(await response?.done).toMatchObject({ status: 'completed' })
    expect(typesOf(sent)).toEqual([
      'session.update',
      'input_audio_buffer.append',
      'input_audio_buffer.append',
      'input_audio_buffer.commit',
      'response.create',
    ])
    expect(sent[0]).toMatchObject({ session: { audio: { input: { turn_detection: null } } } })
    expect(bytesSent(sent)).toBe(500 * 48)
    expect(lines).toEqual(['a turn was committed'])
    await session.close()
  })

  it('clears the buffer after a short press', async () => {
    const { transport, sent, received, lines, print } = setUp()
    const { session, press, append, release } = await pushToTalk(transport, print)
    press()
    append(vowel(40))
    expect(await release()).toBeUndefined()
    press()
    expect(await release()).toBeUndefined()
    expect(count(sent, 'response.create')).toBe(0)
    expect(count(received, 'input_audio_buffer.cleared')).toBe(2)
    expect(selectItems(session.getState())).toEqual([])
    expect(lines).toHaveLength(2)

    press()
    append(vowel(200))
    expect(await (await release())?.done).toMatchObject({ status: 'completed' })
    await session.close()
  })

  it('stops the response on press, and requests one response after two quick presses', async () => {
    const { transport, sent, print } = setUp({ script: [silence(Number.POSITIVE_INFINITY), reply('To both.')] })
    const { session, press, append, release } = await pushToTalk(transport, print)
    press()
    append(vowel(300))
    const first = await release()
    await first?.created
    press()
    expect(await first?.done).toMatchObject({ status: 'cancelled', reason: 'client_cancelled' })

    append(vowel(300))
    const released = release()
    press()
    append(vowel(300))
    expect(await released).toBeUndefined()
    expect(await (await release())?.done).toMatchObject({ status: 'completed' })
    expect(count(sent, 'input_audio_buffer.commit')).toBe(3)
    expect(count(sent, 'response.create')).toBe(2)
    await session.close()
  })
})

describe('text only', () => {
  it('completes a turn without audio', async () => {
    const { transport, sent, received, lines, print } = setUp({ script: [reply('Rules for talking.')] })
    expect(await textOnly(transport, 'What is a protocol?', print)).toBe('Rules for talking.')
    expect(lines).toEqual(['completed: Rules for talking.'])
    expect(typesOf(sent)).toEqual(['session.update', 'conversation.item.create', 'response.create'])
    expect(sent[0]).toMatchObject({ session: { output_modalities: ['text'] } })
    expect(typesOf(received).filter((type) => type.includes('output_audio'))).toEqual([])
    expect(count(received, 'response.output_text.done')).toBe(1)
    expect(received.find(({ type }) => type === 'response.done')).toMatchObject({
      response: { usage: { output_token_details: { audio_tokens: 0 } } },
    })
    expect(transport.state).toBe('closed')
  })
})

describe('the whole turn', () => {
  it('waits for the tool and for the response to its result', async () => {
    const { transport, received, lines, print } = setUp({
      script: [call('stock', { product: 'lamp' }), reply('There are 12 lamps.')],
    })
    expect(await wholeTurn(transport, 'How many lamps are there?', print)).toBe('There are 12 lamps.')
    expect(lines).toEqual(['stock({"product":"lamp"}) returned 12', 'completed: There are 12 lamps.'])
    expect(count(received, 'response.done')).toBe(2)
  })
})

describe('fallback', () => {
  it('requests a failed response once more, then plays the message', async () => {
    const { transport, sent, lines, print } = setUp({ script: [fail(), fail()] })
    const session = await fallback(transport, { text: 'One moment.', audio: new Uint8Array(4_800) }, print)
    await session.sendMessage('Hello?').done
    await session.waitFor('conversation.item.added', {
      where: ({ item }) => 'role' in item && item.role === 'assistant',
    })
    expect(lines).toEqual(['failed: retry', 'played: One moment.', 'failed: message'])
    expect(count(sent, 'response.create')).toBe(2)
    await session.close()
  })
})

describe('manual turn commits', () => {
  it('commits one turn per recording, and requests one response', async () => {
    const { transport, sent, received, print } = setUp({ script: [reply('I heard both.')] })
    expect(await manualTurns(transport, [vowel(700), vowel(1500)], print)).toBe('I heard both.')
    expect(typesOf(sent)).toEqual([
      'session.update',
      'input_audio_buffer.append',
      'input_audio_buffer.commit',
      'input_audio_buffer.append',
      'input_audio_buffer.append',
      'input_audio_buffer.commit',
      'response.create',
    ])
    expect(bytesSent(sent)).toBe(2200 * 48)
    expect(count(received, 'input_audio_buffer.committed')).toBe(2)
    expect(count(received, 'input_audio_buffer.speech_started')).toBe(0)
    expect(count(received, 'response.created')).toBe(1)
  })
})

describe('selective responses', () => {
  it('requests a response only to a turn that contains the name of the assistant', async () => {
    const { transport, sent, received, lines, print } = setUp({
      hear: ({ durationMs }) => (durationMs > 2000 ? 'Ada, what time is it?' : 'Pass the salt.'),
      script: [reply('Noon.')],
    })
    const session = await appDecides(transport, 'Ada', print)
    const answered = session.waitFor('response.done')
    session.audio.append(turn(600))
    await session.waitFor('conversation.item.input_audio_transcription.completed')
    expect(lines).toEqual(['not for Ada: Pass the salt.'])
    expect(count(sent, 'response.create')).toBe(0)

    session.audio.append(turn(2000))
    expect((await answered).response.status).toBe('completed')
    expect(lines[1]).toBe('for Ada: Ada, what time is it?')
    expect(sent[0]).toMatchObject({ session: { audio: { input: { turn_detection: { create_response: false } } } } })
    expect(count(sent, 'input_audio_buffer.commit')).toBe(0)
    expect(count(received, 'input_audio_buffer.speech_stopped')).toBe(2)
    expect(count(received, 'response.created')).toBe(1)
    expect(count(sent, 'response.create')).toBe(1)
    await session.close()
  })
})

describe('the idle timeout', () => {
  it('starts a response when the caller is silent', async () => {
    const { transport, sent, received, lines, print } = setUp({
      script: [reply('Welcome.'), reply('Are you still there?')],
    })
    const session = await idleTimeout(transport, print)
    await session.respond().done
    const nextDone = session.waitFor('response.done')
    session.audio.append(silentSamples(5000))
    await session.audio.drained()
    expect(count(received, 'input_audio_buffer.timeout_triggered')).toBe(0)
    session.audio.append(silentSamples(5000))
    expect((await nextDone).response.status).toBe('completed')
    expect(lines).toEqual([
      'assistant: Welcome.',
      'silence for 6000 ms',
      'the assistant speaks unasked',
      'assistant: Are you still there?',
    ])
    expect(count(sent, 'response.create')).toBe(1)
    const types = typesOf(received)
    const at = types.indexOf('input_audio_buffer.timeout_triggered')
    expect(types.slice(at + 1)).toContain('input_audio_buffer.committed')
    expect(types).not.toContain('input_audio_buffer.speech_started')
    await session.close()
  })
})

describe('barge-in', () => {
  it('stops playback and truncates the item at the played time', async () => {
    const story = 'A long story about the sea, the ships and the wind.'
    const { transport, sent, lines, print } = setUp({ script: [reply(story)] })
    const speaker = speakerFor(700)
    const session = await bargeIn(transport, speaker, print)
    await session.respond().done
    const truncated = session.waitFor('conversation.item.truncated')
    session.audio.append(turn(600))
    expect(await truncated).toMatchObject({ audio_end_ms: 700 })
    expect(sent.at(-1)).toMatchObject({ type: 'conversation.item.truncate', content_index: 0, audio_end_ms: 700 })
    expect(speaker.stops).toBe(1)
    const [answer] = selectItems(session.getState())
    expect(answer?.truncatedAtMs).toBe(700)
    expect(answer?.playedText).not.toBe('')
    expect(story.startsWith(`${answer?.playedText} `)).toBe(true)
    expect(lines).toEqual([`cut off by the caller after 700 ms: “${answer?.playedText}”`])
    await session.close()
  })

  it('does not truncate an item that was played completely', async () => {
    const { transport, sent, lines, print } = setUp({ script: [reply('Short.')] })
    const speaker = speakerFor(60_000)
    const session = await bargeIn(transport, speaker, print)
    await session.respond().done
    const answered = session.waitFor('response.done')
    session.audio.append(turn(600))
    await answered
    expect(speaker.stops).toBe(0)
    expect(lines).toEqual([])
    expect(count(sent, 'conversation.item.truncate')).toBe(0)
    await session.close()
  })
})

describe('reconnection', () => {
  it('restores the history after a lost connection and a rejected attempt, and reports it', async () => {
    const emulator = createEmulator({
      pace: Number.POSITIVE_INFINITY,
      latencyMs: 0,
      script: ({ input }) => reply(`I know ${input.length} items.`),
    })
    const server = await serve(emulator, {
      refuseUpgrade: ({ attempt }) => (attempt === 1 ? { status: 503 } : undefined),
    })
    const { transport, sent, received, lines, print } = observed(webSocket({ baseUrl: server.url, model }))
    const clock = createManualClock()
    // The jitter is at its maximum, and the clock is advanced after each announced attempt only.
    const session = await survivingDrops(transport, { clock, random: () => 1 }, (line) => {
      print(line)
      if (line.startsWith('no connection')) void clock.advance(60_000)
    })
    const question = await session.items.create({
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: 'Hello' }],
    })
    expect(await session.respond().done).toMatchObject({ status: 'completed' })
    const before = selectItems(session.getState())
    const restored = new Promise((resolve) => session.on('restored', resolve))

    await emulator.close()
    expect(await restored).toEqual({ itemIds: before.map(({ id }) => id), lost: [], droppedAppends: 0 })
    expect(lines).toEqual([
      'no connection, attempt 1 follows',
      'no connection, attempt 2 follows',
      '2 items restored, 0 lost, 0 pieces of sound dropped',
    ])
    expect(server.attempts).toBe(3)
    expect(typesOf(sent)).toEqual([
      'session.update',
      'conversation.item.create',
      'response.create',
      'session.update',
      'conversation.item.create',
      'conversation.item.create',
    ])
    expect(sent[4]).toMatchObject({ item: { id: question.id, content: [{ type: 'input_text', text: 'Hello' }] } })
    expect(sent[5]).toMatchObject({ item: { content: [{ type: 'output_text', text: 'I know 1 items.' }] } })

    let answer = ''
    for await (const words of session.respond().text()) answer += words
    expect(answer).toBe('I know 2 items.')
    expect(selectItems(session.getState())).toHaveLength(3)
    expect(count(received, 'session.created')).toBe(2)
    await session.close()
    await server.close()
    expect(lines.at(-1)).toBe('over (1000)')
    expect(clock.pending).toBe(0)
  })
})

describe('rotation', () => {
  it('continues beyond the session limit of the service', async () => {
    const clock = createManualClock()
    const { emulator, transport, received, lines, print } = setUp({
      clock,
      script: ({ input }) => reply(`I know ${input.length} items.`),
    })
    const connecting = rotation(transport, clock, print)
    await clock.advance(1)
    const session = await connecting
    const first = session.respond()
    await clock.advance(57 * 60_000)
    expect((await first.done).status).toBe('completed')
    expect(lines).toEqual([])
    await clock.advance(4 * 60_000)
    expect(lines).toEqual([expect.stringMatching(/^1(19|20) s left$/), 'a new session, 1 items restored, 0 lost'])
    const ids = received.flatMap(({ type, session: resource }) =>
      type === 'session.created' ? [(resource as { id: string }).id] : [],
    )
    expect(new Set(ids).size).toBe(2)
    expect(session.getState().status).toBe('open')
    expect(emulator.sessionCount).toBe(1)

    const second = session.respond()
    await clock.advance(1000)
    let answer = ''
    for await (const words of second.text()) answer += words
    expect(answer).toBe('I know 1 items.')
    await session.close()
    expect(clock.pending).toBe(0)
  })
})

describe('transcription', () => {
  it('transcribes every turn, including an uncommitted one', async () => {
    let turns = 0
    const { transport, sent, received, lines, print } = setUp(
      { hear: () => `turn ${++turns}` },
      { intent: 'transcription' },
    )
    const recording = joined(turn(900), turn(700), silentSamples(300), vowel(1000))
    const segments = await transcription(transport, recording, print)
    expect(segments.map(({ text, status }) => [text, status])).toEqual([
      ['turn 1', 'completed'],
      ['turn 2', 'completed'],
      ['turn 3', 'completed'],
    ])
    expect(lines).toEqual(['turn 1', 'turn 2', 'turn 3', '3 turns transcribed'])
    expect(bytesSent(sent)).toBe(recording.byteLength)
    expect(count(sent, 'input_audio_buffer.commit')).toBe(1)
    expect(count(received, 'input_audio_buffer.committed')).toBe(3)
    expect(transport.state).toBe('closed')
  })
})

describe('translation', () => {
  it('translates all audio, including an unfinished sentence', async () => {
    let phrases = 0
    const { transport, sent, received, lines, print } = setUp(
      {
        voice: 'echo',
        hear: () => `phrase ${++phrases}`,
        translate: ({ text, language }) => `${text} in ${language}`,
      },
      { service: 'translations', model: 'gpt-realtime-translate' },
    )
    const recording = joined(turn(900), turn(700), silentSamples(300), vowel(1000))
    async function* microphone() {
      for (let at = 0; at < recording.length; at += 4_800) yield recording.subarray(at, at + 4_800)
    }
    const played: Int16Array[] = []
    const play = (pcm: Uint8Array) => played.push(new Int16Array(pcm.slice().buffer))
    const output = await translation(transport, microphone(), 'is', play, print)
    expect(output).toBe('phrase 1 in is phrase 2 in is phrase 3 in is')
    expect(lines).toEqual(['heard: phrase 1 phrase 2 phrase 3', `is: ${output}`])
    expect(bytesSent(sent)).toBe(recording.byteLength)
    expect(findSound(joined(...played), vowel(1000))).toBeGreaterThanOrEqual(0)
    expect(count(received, 'session.closed')).toBe(1)
    expect(transport.state).toBe('closed')
  })
})

describe('the program', () => {
  const names = [
    'push-to-talk',
    'text-only',
    'whole-turn',
    'fallback',
    'manual-turns',
    'app-decides',
    'idle-timeout',
    'barge-in',
    'surviving-drops',
    'rotation',
    'transcription',
    'translation',
  ]

  it('prints the recipes and runs all of them', async () => {
    const { code, stdout, stderr } = await run()
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const [list, ...lines] = stdout.trimEnd().split('\n')
    expect(list).toBe(`recipes: ${names.join(', ')}`)
    expect(lines.filter((line) => !line.startsWith(' '))).toEqual(names)
    expect(stdout).toContain('  completed: ')
    expect(stdout).toContain('  silence for 6000 ms')
    expect(stdout).toContain('  after 61 minutes the session is open')
    expect(stdout).toContain('  fr: Bonjour. Comment allez-vous ?')
  }, 180_000)

  it('runs one recipe', async () => {
    const { code, stdout } = await run('barge-in')
    expect(code).toBe(0)
    expect(stdout.split('\n')[0]).toBe('barge-in')
    expect(stdout).toContain('  the server keeps 700 ms of it')
  }, 180_000)

  it('prints the known recipes for an unknown name', async () => {
    const { code, stdout, stderr } = await run('hum')
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr.trim()).toBe(`There is no recipe hum. There are: ${names.join(', ')}.`)
  }, 180_000)
})

/** Creates a speaker that plays the first `ms` milliseconds of its audio, and never finishes the rest. */
function speakerFor(ms: number): Speaker & { readonly stops: number } {
  let left = ms
  let stops = 0
  return {
    get stops() {
      return stops
    },
    play(pcm, onPlayed) {
      const played = Math.min(left, pcm.length / 48)
      left -= played
      onPlayed(played)
    },
    stop() {
      stops++
    },
  }
}

const run = (...args: string[]) => runExample('recipes/main.ts', [...args])
