import fc from 'fast-check'
import {
  createSession,
  type HoldBackOptions,
  holdBack,
  memoryPair,
  type SpeechGuard,
  type StageContext,
} from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { realtimeCodec } from '../../../../src/protocol/codec.js'
import type { ServerEvent } from '../../../../src/protocol/server-events.js'
import { settle } from '../../../support/peer.js'

type Event = { type: string } & Record<string, unknown>

const place = (response: string, item: string) => ({
  response_id: response,
  item_id: item,
  output_index: 0,
  content_index: 0,
})
const created = (response: string, conversation: string | null = 'conv_1'): Event => ({
  type: 'response.created',
  response: { id: response, conversation_id: conversation },
})
const done = (response: string): Event => ({ type: 'response.done', response: { id: response } })
const itemAdded = (response: string, item: string): Event => ({
  type: 'response.output_item.added',
  response_id: response,
  item: { id: item },
})
const words = (response: string, item: string, delta: string): Event => ({
  type: 'response.output_audio_transcript.delta',
  ...place(response, item),
  delta,
})
const allWords = (response: string, item: string, transcript: string): Event => ({
  type: 'response.output_audio_transcript.done',
  ...place(response, item),
  transcript,
})
/** Sound of 24 kHz PCM16: 64 characters of base64 a millisecond. */
const sound = (response: string, item: string, ms = 1): Event => ({
  type: 'response.output_audio.delta',
  ...place(response, item),
  delta: 'A'.repeat(64 * ms),
})
const soundDone = (response: string, item: string): Event => ({
  type: 'response.output_audio.done',
  ...place(response, item),
})
const partOf = (responseId: string, itemId: string) => ({ responseId, itemId, contentIndex: 0 })

type Session = ReturnType<StageContext['getSession']>

/** A stage between a server and a session that are both the test. */
function setUp(options: HoldBackOptions = {}, audio: StageContext['audio'] = 'events') {
  const gate = holdBack(options)
  const out: Event[] = []
  const log: unknown[] = []
  const listeners: ((event: Event) => void)[] = []
  let session: Session
  const stage = gate.attach({
    audio,
    getSession: () => session,
    deliver(decoded) {
      const event = decoded.event as unknown as Event
      if (event.type === 'session.updated') session = event.session as Session
      out.push(event)
      for (const listener of listeners) listener(event)
    },
  })
  const guard: SpeechGuard = {
    words: ({ itemId }, delta) => log.push(['words', itemId, delta]),
    allWords: ({ itemId }, text) => log.push(['all', itemId, text]),
    dropped: ({ itemId }, wasReleased) => log.push(['dropped', itemId, wasReleased]),
    lost: () => log.push(['lost']),
  }
  const sendEvents = (...events: Event[]) => {
    for (const event of events)
      stage.receive({ kind: 'event', event: event as unknown as ServerEvent }, JSON.stringify(event).length)
  }
  const types = () => out.map(({ type }) => type.replace('response.', ''))
  return { stage, gate, guard, out, log, sendEvents, types, listeners }
}

describe('holdBack', () => {
  it('holds audio until its text has passed, and keeps the order of later events', () => {
    const { gate, guard, out, sendEvents } = setUp()
    const { pass } = gate.guard(guard)
    const events = [
      created('r'),
      itemAdded('r', 'i'),
      words('r', 'i', 'Hello.'),
      sound('r', 'i'),
      soundDone('r', 'i'),
      allWords('r', 'i', 'Hello.'),
      { type: 'conversation.item.done', item: { id: 'i' } },
      done('r'),
    ]
    sendEvents(...events)
    expect(out).toEqual(events.slice(0, 3))
    pass(partOf('r', 'i'), 6, true)
    expect(out).toEqual(events)
  })

  it('does not delay events outside of responses', () => {
    const { gate, guard, types, sendEvents } = setUp()
    gate.guard(guard)
    sendEvents(sound('r', 'i'), { type: 'session.updated' }, { type: 'conversation.item.added', item: { id: 'user' } })
    sendEvents({ type: 'error' }, { type: 'conversation.item.truncated', item_id: 'i' })
    expect(types()).toEqual(['session.updated', 'conversation.item.added', 'error', 'conversation.item.truncated'])
  })

  it('passes invalid frames on unchanged', () => {
    const { stage, out } = setUp()
    const odd = [
      '5',
      'null',
      '"text"',
      '[]',
      '{}',
      '{"type":5,"response":null,"item":null,"session":null}',
      '{"x":1}',
      '{',
    ]
    for (const frame of odd) stage.receive(realtimeCodec.decode(frame), frame.length)
    expect(out.map((event) => event.frame)).toEqual(odd)
  })

  it('keeps the place of unknown and invalid events behind held audio of their response', () => {
    const { stage, gate, guard, out, sendEvents } = setUp()
    const { free } = gate.guard(guard)
    sendEvents(created('r'), sound('r', 'i'))
    for (const type of ['response.new', 'response.done']) {
      const frame = JSON.stringify({ type, response_id: 'r' })
      const decoded = realtimeCodec.decode(frame)
      expect(decoded.kind).toBe(type === 'response.new' ? 'unknown' : 'invalid')
      stage.receive(decoded, frame.length)
    }
    expect(out).toHaveLength(1)
    free('r')
    expect(out).toHaveLength(4)
  })

  it('releases no audio after a part of the text, unless it releases by sentence', () => {
    const { gate, guard, types, sendEvents } = setUp()
    const { pass } = gate.guard(guard)
    sendEvents(words('r', 'i', 'One. Two.'), sound('r', 'i'), allWords('r', 'i', 'One. Two.'))
    pass(partOf('r', 'i'), 5, false)
    pass(partOf('r', 'i'), 9, false)
    expect(types()).toEqual(['output_audio_transcript.delta'])
    pass(partOf('r', 'i'), 9, true)
    expect(types()).toHaveLength(3)
  })

  it('releases by sentence the audio that arrived while the sentence streamed', () => {
    const { gate, guard, out, sendEvents } = setUp({ release: 'sentence' })
    const { pass } = gate.guard(guard)
    const first = [words('r', 'i', 'One for'), sound('r', 'i', 2), words('r', 'i', ' all. Two'), sound('r', 'i', 3)]
    sendEvents(...first, words('r', 'i', ' for all. Three'))
    pass(partOf('r', 'i'), 7, false)
    expect(out).toHaveLength(1)
    pass(partOf('r', 'i'), 13, false)
    expect(out).toEqual(first.slice(0, 3))
    pass(partOf('r', 'i'), 30, false)
    expect(out).toHaveLength(5)
  })

  it('does not release audio that is too long for its text', () => {
    const { gate, guard, out, sendEvents } = setUp({ release: 'sentence' })
    const { pass } = gate.guard(guard)
    // Ten characters take at least 400 ms to say; what is told after them may be in the sound already.
    sendEvents(
      words('r', 'i', 'Good day. '),
      sound('r', 'i', 300),
      sound('r', 'i', 300),
      words('r', 'i', 'Swordfish. '),
    )
    pass(partOf('r', 'i'), 10, false)
    expect(out).toHaveLength(2)
  })

  it('measures audio in the format of the session', () => {
    const { gate, guard, out, sendEvents } = setUp({ release: 'sentence' })
    const { pass } = gate.guard(guard)
    sendEvents({
      type: 'session.updated',
      session: { type: 'realtime', audio: { output: { format: { type: 'audio/pcmu' } } } },
    })
    // 100 ms of PCM16 are 600 ms of G.711.
    sendEvents(words('r', 'i', 'Good day. '), sound('r', 'i', 100), words('r', 'i', 'Swordfish. '))
    pass(partOf('r', 'i'), 10, false)
    expect(out).toHaveLength(2)
  })

  it('holds again when text arrives after the last check', () => {
    const { gate, guard, out, log, sendEvents } = setUp()
    const { pass } = gate.guard(guard)
    sendEvents(words('r', 'i', 'Good.'), allWords('r', 'i', 'Good.'))
    pass(partOf('r', 'i'), 5, true)
    sendEvents(words('r', 'i', ' Bad.'), sound('r', 'i'), done('r'))
    expect(out).toHaveLength(3)
    expect(log.at(-1)).toEqual(['all', 'i', 'Good. Bad.'])
  })

  it('treats response.done as the end of the text when the server sends no other', () => {
    const { gate, guard, log, sendEvents } = setUp()
    gate.guard(guard)
    sendEvents(sound('r', 'i'), done('r'))
    expect(log).toEqual([['all', 'i', '']])
  })

  it('does not hold events of a response that is done', () => {
    const { gate, guard, types, sendEvents } = setUp()
    const { free } = gate.guard(guard)
    sendEvents(created('r'), done('r'), sound('r', 'i'), created('s'), sound('s', 'j'))
    free('s')
    expect(types()).toEqual(['created', 'done', 'created', 'output_audio.delta'])
  })

  it('runs no check without text', () => {
    const { gate, guard, log, sendEvents } = setUp()
    gate.guard(guard)
    sendEvents(created('r'), allWords('r', 'i', ''), done('r'))
    expect(log).toEqual([])
    sendEvents(created('s'), allWords('s', 'j', ''), sound('s', 'j'), done('s'))
    expect(log).toEqual([['all', 'j', '']])
  })

  it('drops held events on an interruption, after the session has received it', () => {
    const { gate, guard, types, log, sendEvents } = setUp()
    const { pass } = gate.guard(guard)
    sendEvents(created('r'), words('r', 'i', 'Hi'), sound('r', 'i'), soundDone('r', 'i'), done('r'))
    sendEvents({ type: 'input_audio_buffer.speech_started' })
    expect(types()).toEqual([
      'created',
      'output_audio_transcript.delta',
      'input_audio_buffer.speech_started',
      'output_audio.done',
      'done',
    ])
    expect(log.at(-1)).toEqual(['dropped', 'i', false])
    pass(partOf('r', 'i'), 2, true)
    expect(types()).toHaveLength(5)
  })

  it('drops late events of an interrupted response, and not those of the next one', () => {
    const { gate, guard, types, sendEvents } = setUp()
    const { free } = gate.guard(guard)
    sendEvents(created('r'), { type: 'input_audio_buffer.speech_started' }, sound('r', 'i'), done('r'))
    sendEvents(created('next'), sound('next', 'j'))
    free('next')
    expect(types().slice(2)).toEqual(['done', 'created', 'output_audio.delta'])
  })

  it('keeps holding when speech does not interrupt', () => {
    const { gate, guard, types, sendEvents } = setUp()
    const { free } = gate.guard(guard)
    const detection = { type: 'server_vad', interrupt_response: false }
    sendEvents({ type: 'session.updated', session: { audio: { input: { turn_detection: detection } } } })
    sendEvents(sound('r', 'i'), { type: 'input_audio_buffer.speech_started' })
    free('r')
    expect(types()).toEqual(['session.updated', 'input_audio_buffer.speech_started', 'output_audio.delta'])
  })

  it('drops held events of a cancelled response asynchronously', async () => {
    const { stage, gate, guard, types, log, sendEvents } = setUp()
    gate.guard(guard)
    sendEvents(created('r'), sound('r', 'i'), done('r'), created('aside', null), sound('aside', 'j'))
    stage.send?.({ type: 'input_audio_buffer.clear' })
    stage.send?.({ type: 'response.cancel' })
    expect(types()).toEqual(['created', 'created'])
    await settle()
    expect(types()).toEqual(['created', 'created', 'done'])
    stage.send?.({ type: 'response.cancel', response_id: 'aside' })
    await settle()
    expect(log.at(-1)).toEqual(['dropped', 'j', false])
  })

  it('reports whether audio of an item was released before', () => {
    const { gate, guard, log, sendEvents } = setUp({ release: 'sentence' })
    const { pass, block } = gate.guard(guard)
    sendEvents(words('r', 'i', 'Good. Bad.'), sound('r', 'i'))
    pass(partOf('r', 'i'), 6, false)
    sendEvents(words('r', 'i', ' Worse.'), sound('r', 'i'))
    expect(log.filter((entry) => (entry as string[])[0] === 'dropped')).toEqual([])
    pass(partOf('r', 'i'), 11, false)
    sendEvents(sound('r', 'i'), sound('r', 'i'))
    block('r')
    sendEvents(sound('r', 'i'))
    expect(log.filter((entry) => (entry as string[])[0] === 'dropped')).toEqual([['dropped', 'i', true]])
  })

  it('keeps responses in order, and does not delay out-of-band ones', () => {
    const { gate, guard, out, sendEvents } = setUp()
    const { pass } = gate.guard(guard)
    const aside = [created('aside', null), { type: 'response.output_text.delta', response_id: 'aside' }, done('aside')]
    const next = [created('next'), done('next')]
    sendEvents(created('r'), sound('r', 'i'), allWords('r', 'i', 'a'), done('r'), ...next, ...aside)
    expect(out).toEqual([created('r'), ...aside])
    pass(partOf('r', 'i'), 1, true)
    expect(out.slice(-3)).toEqual([done('r'), ...next])
  })

  it('drops only audio while no guardrails run', () => {
    const { gate, guard, types, log, sendEvents } = setUp()
    sendEvents(created('r'), words('r', 'i', 'a'), sound('r', 'i'), done('r'))
    expect(types()).toEqual(['created', 'output_audio_transcript.delta', 'done'])
    const { release } = gate.guard(guard)
    sendEvents(sound('s', 'j'), words('s', 'j', 'b'))
    release()
    sendEvents(sound('s', 'j'), done('s'))
    expect(types().slice(3)).toEqual(['output_audio_transcript.delta', 'done'])
    const verdicts = gate.guard(guard)
    release()
    sendEvents(sound('t', 'k'))
    verdicts.free('t')
    expect(types().at(-1)).toBe('output_audio.delta')
    expect(log).not.toContainEqual(['dropped', 'k', false])
  })

  it('drops the audio of a response above the limit', () => {
    const { gate, guard, types, log, sendEvents } = setUp({ maxHeldBytes: 1_000 })
    const { free } = gate.guard(guard)
    sendEvents(created('r'), sound('r', 'i', 5), sound('r', 'i', 5), sound('r', 'i', 5), done('r'))
    expect(log).toContainEqual(['dropped', 'i', false])
    expect(types()).toEqual(['created', 'done'])
    sendEvents(sound('s', 'j', 5))
    free('s')
    expect(types().at(-1)).toBe('output_audio.delta')
  })

  it('delivers all held events but the audio when it is reset', () => {
    const { stage, gate, guard, types, log, sendEvents } = setUp()
    const { pass } = gate.guard(guard)
    sendEvents(created('r'), words('r', 'i', 'a'), sound('r', 'i'), allWords('r', 'i', 'a'), done('r'))
    stage.reset()
    pass(partOf('r', 'i'), 1, true)
    expect(types().slice(2)).toEqual(['output_audio_transcript.done', 'done'])
    expect(log.slice(-2)).toEqual([['dropped', 'i', false], ['lost']])
  })

  it('can be reset by a listener of what it releases', () => {
    const { stage, gate, guard, sendEvents, types, listeners } = setUp()
    const { pass } = gate.guard(guard)
    listeners.push(({ type }) => {
      if (type === 'response.output_audio.delta') stage.reset()
    })
    sendEvents(words('r', 'i', 'a'), sound('r', 'i'), sound('r', 'i'), allWords('r', 'i', 'a'), done('r'))
    pass(partOf('r', 'i'), 1, true)
    expect(types()).toEqual([
      'output_audio_transcript.delta',
      'output_audio.delta',
      'output_audio_transcript.done',
      'done',
    ])
  })

  it('throws INVALID_OPTION for invalid options', () => {
    const [media] = memoryPair({ audio: 'media' })
    expect(() => createSession({ transport: media, stages: [holdBack()] })).toThrow(
      'Audio cannot be held back, because this transport carries it on media tracks. Use webSocket(), or run the guardrails without holdBack().',
    )
    expect(() => setUp({ maxHeldBytes: 0 })).toThrow('The option "maxHeldBytes" must be more than 0.')
    const { gate, guard } = setUp()
    expect(() => createSession({ transport: memoryPair()[0], stages: [gate] })).toThrow(
      'The option "stages" contains a holdBack() that belongs to another session; create one for each session.',
    )
    gate.guard(guard)
    expect(() => gate.guard(guard)).toThrow(
      'Another runGuardrails() call already uses this holdBack(). Stop it first, or pass all guardrails to one call.',
    )
  })

  it('releases all passed events in order, and no others, for random events', () => {
    const ids = ['a', 'b', 'c'] as const
    const step = fc.oneof(
      fc.record({ do: fc.constantFrom('words', 'sound', 'all', 'done', 'pass', 'block'), on: fc.constantFrom(...ids) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { gate, guard, out, sendEvents } = setUp()
        const { pass, block } = gate.guard(guard)
        const sent: Event[] = []
        const hasAllWords = new Set<string>()
        const passed = new Set<string>()
        const blocked = new Set<string>()
        const over = new Set<string>()
        const send = (event: Event) => {
          const numbered = { ...event, event_id: String(sent.length) }
          sent.push(numbered)
          sendEvents(numbered)
        }
        for (const { do: what, on } of steps) {
          if (over.has(on) && what !== 'pass') continue
          if (what === 'words' && !hasAllWords.has(on)) send(words(on, on, 'Word. '))
          else if (what === 'sound') send(sound(on, on))
          else if (what === 'all' && !hasAllWords.has(on)) {
            send(allWords(on, on, 'All.'))
            hasAllWords.add(on)
          } else if (what === 'done') {
            over.add(on)
            hasAllWords.add(on)
            send(done(on))
          } else if (what === 'pass') {
            const isAll = hasAllWords.has(on)
            if (isAll && !blocked.has(on)) passed.add(on)
            pass(partOf(on, on), 5, isAll)
          } else if (what === 'block') {
            // Nobody judges what has not begun.
            if (passed.has(on) || !sent.some(({ response_id }) => response_id === on)) continue
            blocked.add(on)
            block(on)
          }
          for (const { type, item_id } of out)
            if (type === 'response.output_audio.delta') expect(passed.has(String(item_id))).toBe(true)
        }
        for (const id of ids) {
          if (!over.has(id)) send(done(id))
          if (blocked.has(id)) continue
          passed.add(id)
          pass(partOf(id, id), 5, true)
        }
        const expected = sent.filter(
          ({ type, item_id }) => type !== 'response.output_audio.delta' || !blocked.has(String(item_id)),
        )
        expect(out.filter(({ event_id }) => expected.some((event) => event.event_id === event_id))).toEqual(expected)
        expect(out).toHaveLength(expected.length)
      }),
      { numRuns: 300 },
    )
  })
})
