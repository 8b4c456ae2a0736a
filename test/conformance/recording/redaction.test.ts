import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import {
  combineDetectors,
  createSession,
  detectCardNumbers,
  detectEmailAddresses,
  detectPhoneNumbers,
  logging,
  memoryPair,
  recording,
  runDebug,
  snapshot,
  type TextDetector,
} from 'realtime-primitives'
import { blobSink, recordCall } from 'realtime-primitives/recording'
import { runTelemetry } from 'realtime-primitives/telemetry'
import { createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { inspect } from '../../../src/cli/inspect/inspect.js'
import { type Json, sessionResource, settle } from '../../support/peer.js'
import { runs } from '../../support/runs.js'
import { folderOf, run } from '../../unit/cli/support/run.js'

const turns = runs({ usual: 8, certify: 10_000 })
const turnsPerCall = Math.min(turns, 50)
const names = ['Ada Lovelace', 'Grace Hopper', 'José Núñez', 'Zoë Müller', "Siobhán O'Neill"]
const detectNames: TextDetector = (text) =>
  names.flatMap((name) =>
    [...text.matchAll(new RegExp(name, 'gi'))].map(({ index }) => ({
      start: index,
      end: index + name.length,
      kind: 'name',
    })),
  )
const redact = combineDetectors(detectCardNumbers, detectPhoneNumbers, detectEmailAddresses, detectNames)

/** What must not survive, reduced to its digits, or to its letters. */
interface Secret {
  readonly text: string
  readonly core: string
  readonly isName: boolean
}

type Random = () => number

function createRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const integer = (random: Random, below: number) => Math.floor(random() * below)
const pick = <Value>(random: Random, values: readonly Value[]) => values[integer(random, values.length)] as Value
const digits = (random: Random, length: number) => Array.from({ length }, () => integer(random, 10)).join('')

/** Computes the check digit by the definition of ISO/IEC 7812, right to left. */
function withCheckDigit(payload: string): string {
  const sum = [...payload]
    .toReversed()
    .map((digit, index) => Number(digit) * (index % 2 === 0 ? 2 : 1))
    .reduce((total, value) => total + Math.floor(value / 10) + (value % 10), 0)
  return `${payload}${(10 - (sum % 10)) % 10}`
}

function secretOf(random: Random): Secret {
  const kind = integer(random, 4)
  if (kind === 0) {
    const number = withCheckDigit(`${pick(random, ['4', '5', '37', '6011'])}${digits(random, 11 + integer(random, 2))}`)
    const separator = pick(random, ['', ' ', '-', ', ', '.'])
    return { text: number.match(/.{1,4}/g)?.join(separator) ?? number, core: number, isName: false }
  }
  if (kind === 1) {
    const number = `${1 + integer(random, 9)}${digits(random, 9)}`
    const [a, b, c] = [number.slice(0, 3), number.slice(3, 6), number.slice(6)]
    const text = pick(random, [`(${a}) ${b}-${c}`, `+1 ${a} ${b} ${c}`, `${a}.${b}.${c}`, number, `+49 ${number}`])
    return { text, core: number, isName: false }
  }
  if (kind === 2) {
    const name = pick(random, names)
    return { text: pick(random, [name, name.toUpperCase()]), core: lettersOf(name), isName: true }
  }
  const local = `user${digits(random, 6)}`
  return { text: `${local}@example.com`, core: lettersOf(local), isName: false }
}

const lettersOf = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
const digitsOf = (text: string) => text.replace(/\D/g, '')

/** Decodes escape sequences of JSON, also in JSON that is inside JSON. */
function decoded(text: string): string {
  let previous = ''
  let current = text
  for (let depth = 0; depth < 4 && current !== previous; depth++) {
    previous = current
    current = current
      .replace(/\\u([0-9a-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/\\+(["/])/g, '$1')
  }
  return current
}

function survives({ core }: Secret, text: string): boolean {
  return /^\d+$/.test(core) ? digitsOf(text).includes(core) : lettersOf(text).includes(core)
}

/** All strings in a value that JSON can express, and their names. */
function leavesOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, field]) => [name, ...leavesOf(field)])
}

/** Splits a text at random, also inside of surrogate pairs and escape sequences. */
function split(random: Random, text: string): readonly string[] {
  const parts: string[] = []
  for (let at = 0; at < text.length; ) {
    const length = 1 + integer(random, 6)
    parts.push(text.slice(at, at + length))
    at += length
  }
  return parts
}

/** JSON in which some characters are escape sequences. */
function escapedJson(random: Random, value: unknown): string {
  return JSON.stringify(value).replace(/[\p{L}\d@+](?=[^"]*"\})/gu, (character) =>
    random() < 0.3 ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : character,
  )
}

async function createCall() {
  const clock = createManualClock()
  const [near, far] = memoryPair()
  const written: string[] = []
  const log = (entry: unknown) => written.push(JSON.stringify(entry))
  const file: string[] = []
  /** The recording without a detector, which has all secrets. */
  const complete: string[] = []
  const whole = recording(near, (line) => complete.push(line), { text: 'keep', clock })
  const recorded = recording(whole, (line) => file.push(line), { text: 'keep', redact, clock })
  const session = createSession({ clock, transport: logging(recorded, { log, text: 'keep', redact, clock }) })
  runDebug(session, { log, text: 'keep', redact })
  const spans = new InMemorySpanExporter()
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  let onSettled: (event: never) => void = () => {}
  const tools = {
    approvals: { on: () => () => {} },
    on(type: string, listener: (event: never) => void) {
      if (type === 'settled') onSettled = listener
      return () => {}
    },
  }
  runTelemetry(session, { tracer: tracers.getTracer('test'), tools, content: true, redact })
  const events = blobSink('application/jsonl')
  const recorder = recordCall(session, { events, audio: blobSink('audio/wav'), redact })
  let count = 0
  const send = (event: Json) => {
    far.send(JSON.stringify({ event_id: `event_${++count}`, ...event }))
  }
  far.open().catch(() => {})
  const connecting = session.connect()
  await settle()
  send({ type: 'session.created', session: sessionResource })
  await connecting
  recorder.start()
  return {
    clock,
    session,
    send,
    recorder,
    events,
    spans,
    tracers,
    file,
    written,
    complete,
    settled: (event: unknown) => onSettled(event as never),
  }
}

type Call = Awaited<ReturnType<typeof createCall>>

/** One turn: the user speaks, a function is called, and the model answers. Secrets are in all of it. */
async function takeTurn(
  { session, send, clock, settled }: Call,
  random: Random,
  turn: number,
): Promise<readonly Secret[]> {
  const secrets: Secret[] = []
  const sentence = () => {
    const secret = secretOf(random)
    secrets.push(secret)
    return `${pick(random, ['It is ', 'Please note ', '', 'My "number" is: '])}${secret.text}${pick(random, ['.', ', thanks', '', '\nBye.'])}`
  }
  const [user, call, output, answer, response] = ['user', 'call', 'output', 'answer', 'resp'].map(
    (name) => `${name}_${turn}`,
  )
  const said = sentence()
  send({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: user })
  await clock.advance(500)
  send({ type: 'input_audio_buffer.speech_stopped', audio_end_ms: 500, item_id: user })
  send({ type: 'input_audio_buffer.committed', previous_item_id: null, item_id: user })
  send({
    type: 'conversation.item.added',
    previous_item_id: null,
    item: { id: user, type: 'message', role: 'user', content: [{ type: 'input_audio', transcript: null }] },
  })
  for (const delta of split(random, said))
    send({
      type: 'conversation.item.input_audio_transcription.delta',
      item_id: user,
      content_index: 0,
      delta,
      logprobs: [{ token: delta, logprob: 0, bytes: [...Buffer.from(delta)] }],
    })
  send({
    type: 'conversation.item.input_audio_transcription.completed',
    item_id: user,
    content_index: 0,
    transcript: said,
    usage: { type: 'duration', seconds: 1 },
  })

  const base = { object: 'realtime.response', id: response, output_modalities: ['audio'], conversation_id: 'conv_1' }
  send({ type: 'response.created', response: { ...base, status: 'in_progress', output: [] } })
  const args = escapedJson(random, { note: sentence(), by: { who: sentence() } })
  for (const delta of split(random, args))
    send({
      type: 'response.function_call_arguments.delta',
      response_id: response,
      item_id: call,
      output_index: 0,
      call_id: call,
      delta,
    })
  send({
    type: 'response.function_call_arguments.done',
    response_id: response,
    item_id: call,
    output_index: 0,
    call_id: call,
    name: 'note',
    arguments: args,
  })
  const callItem = {
    id: call,
    type: 'function_call',
    call_id: call,
    name: 'note',
    arguments: args,
    status: 'completed',
  }
  send({ type: 'conversation.item.added', previous_item_id: user, item: callItem })
  settled({ call: { callId: call, tool: 'note', arguments: args }, outcome: {}, durationMs: 5 })
  const result = random() < 0.5 ? sentence() : JSON.stringify({ value: sentence() })
  session.send({
    type: 'conversation.item.create',
    item: { id: output, type: 'function_call_output', call_id: String(call), output: result },
  })
  send({
    type: 'conversation.item.added',
    previous_item_id: call,
    item: { id: output, type: 'function_call_output', call_id: call, output: result },
  })
  session.send({
    type: 'conversation.item.create',
    item: { type: 'message', role: 'system', content: [{ type: 'input_text', text: sentence() }] },
  })
  session.send({ type: 'session.update', session: { type: 'realtime', instructions: sentence() } })
  session.send({ type: 'response.create', response: { metadata: { note: sentence() } } })

  const spoken = sentence()
  const text = sentence()
  const place = { response_id: response, item_id: answer, output_index: 1 }
  const message = {
    id: answer,
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [
      { type: 'output_audio', transcript: spoken },
      { type: 'output_text', text },
    ],
  }
  send({
    type: 'conversation.item.added',
    previous_item_id: output,
    item: { ...message, status: 'in_progress', content: [] },
  })
  for (const delta of split(random, spoken))
    send({ type: 'response.output_audio_transcript.delta', ...place, content_index: 0, delta })
  send({ type: 'response.output_audio_transcript.done', ...place, content_index: 0, transcript: spoken })
  for (const delta of split(random, text))
    send({ type: 'response.output_text.delta', ...place, content_index: 1, delta })
  send({ type: 'response.output_text.done', ...place, content_index: 1, text })
  send({ type: 'response.output_item.done', response_id: response, output_index: 1, item: message })
  send({ type: 'conversation.item.done', previous_item_id: output, item: message })
  send({ type: 'error', error: { type: 'invalid_request_error', code: 'x', message: sentence(), param: null } })
  send({ type: 'vendor.note', anything: { [sentence()]: [sentence()] } })
  send({ type: 'response.done', response: { ...base, status: 'completed', output: [callItem, message] } })
  await clock.advance(500)
  return secrets
}

describe('redaction', () => {
  it(`leaves no card number, phone number, e-mail address, or name of ${turns} turns in any log, span, recording, or snapshot`, async () => {
    const random = createRandom(20_261_130)
    for (let call = 0; call < turns / turnsPerCall; call++) {
      const running = await createCall()
      const all: Secret[] = []
      for (let turn = 0; turn < turnsPerCall; turn++) {
        const [fromFile, fromWritten, fromComplete] = [running.file, running.written, running.complete].map(
          ({ length }) => length,
        )
        const secrets = await takeTurn(running, random, turn)
        all.push(...secrets)
        const whole = running.complete
          .slice(fromComplete)
          .flatMap((line) => leavesOf(JSON.parse(line)))
          .map(decoded)
        const present = secrets.filter((secret) => whole.some((text) => survives(secret, text)))
        // Without a detector, they are there. Otherwise, the test would prove nothing.
        expect(present).toEqual(secrets)
        for (const [sink, lines] of [
          ['recording', running.file.slice(fromFile)],
          ['debug output', running.written.slice(fromWritten)],
        ] as const) {
          // Deltas follow each other, so what is split over them would be found in the joined strings of the turn.
          const strings = lines.flatMap((line) => leavesOf(JSON.parse(line))).join('')
          const found = secrets.filter((secret) => survives(secret, decoded(strings)))
          expect(found, sink).toEqual([])
        }
      }
      const stored = snapshot(running.session, { redact })
      const summary = await running.recorder.stop()
      await running.session.close()
      await running.tracers.forceFlush()
      const spans = running.spans
        .getFinishedSpans()
        .map(({ name, attributes, events }) => ({ name, attributes, events }))
      expect(spans.length).toBeGreaterThan(turnsPerCall)
      const log = (await running.events.blob().text()).split('\n').filter(Boolean)
      const folder = folderOf({ 'call.jsonl': running.complete.join('') })
      const inspected = (await run(inspect, ['call.jsonl', '--all', '--redact'], folder)).out.split('\n')
      expect(inspected.length).toBeGreaterThan(20)
      for (const [sink, values] of [
        ['snapshot', [stored]],
        ['spans', spans],
        ['summary of the call', [summary]],
        ['events of the call', log.map((line) => JSON.parse(line))],
        ['inspect', inspected],
      ] as const) {
        const strings = values.flatMap(leavesOf).map(decoded)
        const [numbers, letters] = [strings.map(digitsOf).join('|'), strings.map(lettersOf).join('|')]
        // The command has no detector of names.
        const sought = all.filter(({ isName }) => sink !== 'inspect' || !isName)
        const found = sought.filter(({ core }) => (/^\d+$/.test(core) ? numbers : letters).includes(core))
        expect(found, sink).toEqual([])
      }
      expect(JSON.stringify([stored, spans, summary])).toMatch(/\[card number\].*\[name\]|\[name\].*\[card number\]/s)
    }
  })
})
