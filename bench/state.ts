import { agentsSession } from './contenders/agents.js'
import { ourSession } from './contenders/ours.js'
import { collectGarbage, median, settle } from './measure.js'
import type { Trace } from './trace.js'

const turns = 600
const deltasPerTurn = 30
const warmups = 15
const samples = 41
const eventsPerSample = 1_000

/** CPU time of an event in a short and in a long conversation. */
export interface HistoryCost {
  readonly name: string
  /** Microseconds per event with 10 items (`few`) and with 10,000 items (`many`). */
  readonly few: number
  readonly many: number
  readonly ratio: number
}

interface Receiver {
  deliver(frame: string): void
}

const sizes = [10, 10_000] as const
const greetingOf = ({ greeting }: Trace) => greeting.toString()

/** Creates a session with a number of items and a response in progress. */
async function withItems(trace: Trace, items: number): Promise<Receiver> {
  const { transport } = await ourSession(greetingOf(trace))
  for (let index = 0; index < items - 1; index++) transport.deliver(added(`item_${index}`, 'user'))
  transport.deliver(created('resp_last'))
  transport.deliver(added('item_last', 'assistant'))
  transport.deliver(outputAdded('resp_last', 'item_last'))
  return transport
}

/** Measures each kind of event. Creating the frames is not measured, but parsing and validating them is. */
export async function measureHistory(trace: Trace): Promise<HistoryCost[]> {
  const kinds: Record<string, (sample: number) => readonly string[]> = {
    'transcript delta': () => times((index) => transcriptDelta('resp_last', 'item_last', ` w${index % 10}`)),
    'audio delta, 20 ms': () => times(() => audioDelta('resp_last', 'item_last', shortAudio)),
    'delta of an item out of band': () => times(() => transcriptDelta('resp_aside', 'item_aside', 'w')),
    'item added, and deleted': (sample) =>
      Array.from({ length: eventsPerSample / 2 }, (_, index) => `new_${sample}_${index}`).flatMap((id) => [
        added(id, 'user'),
        frame('conversation.item.deleted', { item_id: id }),
      ]),
  }
  const rows = []
  for (const [name, framesOf] of Object.entries(kinds)) {
    const costs = sizes.map((): number[] => [])
    const frames = Array.from({ length: warmups + samples }, (_, sample) => framesOf(sample))
    const receivers = await Promise.all(sizes.map((items) => withItems(trace, items)))
    if (name.includes('out of band'))
      for (const receiver of receivers) {
        receiver.deliver(created('resp_aside', null))
        receiver.deliver(outputAdded('resp_aside', 'item_aside'))
      }
    for (const [sample, batch] of frames.entries()) {
      // The order alternates.
      const order = sample % 2 === 0 ? [...receivers.entries()] : [...receivers.entries()].reverse()
      for (const [index, receiver] of order) {
        collectGarbage()
        const before = process.cpuUsage()
        for (const text of batch) receiver.deliver(text)
        const { user, system } = process.cpuUsage(before)
        if (sample >= warmups) costs[index]?.push((user + system) / batch.length)
      }
    }
    const [few = [], many = []] = costs
    rows.push({ name, few: median(few), many: median(many), ratio: median(many) / median(few) })
  }
  return rows
}

/** Measures the memory that an hour of conversation adds to a session: 600 turns of six seconds, with deltas and playback reports. */
export async function measureHour(trace: Trace): Promise<{ name: string; kilobytes: number }[]> {
  const kinds = { 'realtime-primitives: session': hourOfOurs, 'agents-realtime: session': hourOfAgents }
  const rows = []
  for (const [name, hour] of Object.entries(kinds)) {
    // The first hour is a warm-up, because compiled code takes memory too.
    await hour(greetingOf(trace))
    rows.push({ name, kilobytes: await hour(greetingOf(trace)) })
  }
  return rows
}

async function hourOfOurs(greeting: string): Promise<number> {
  const { session, transport } = await ourSession(greeting)
  const kilobytes = await addedBy(transport, (itemId, ms) => {
    session.playback.enqueued({ itemId })
    session.playback.played({ itemId }, ms)
  })
  if (session.getState().conversation.items.flat().length !== 2 * turns) throw new Error('items are missing')
  return kilobytes
}

async function hourOfAgents(greeting: string): Promise<number> {
  const receiver = await agentsSession(greeting)
  const kilobytes = await addedBy(receiver, () => {})
  if (receiver.session.history.length !== 2 * turns) throw new Error('items are missing')
  return kilobytes
}

async function addedBy(receiver: Receiver, play: (itemId: string, ms: number) => void): Promise<number> {
  const before = await heapUsed()
  let last: string | null = null
  for (let turn = 0; turn < turns; turn++) {
    const [user, answer, response] = [`item_u${turn}`, `item_a${turn}`, `resp_${turn}`]
    const words = Array.from({ length: deltasPerTurn }, (_, index) => ` word${index}`)
    receiver.deliver(frame('input_audio_buffer.speech_started', { audio_start_ms: turn * 6_000, item_id: user }))
    receiver.deliver(frame('input_audio_buffer.speech_stopped', { audio_end_ms: turn * 6_000 + 2_000, item_id: user }))
    receiver.deliver(frame('input_audio_buffer.committed', { previous_item_id: last, item_id: user }))
    receiver.deliver(added(user, 'user', last))
    receiver.deliver(created(response))
    receiver.deliver(transcribed('delta', user, { delta: 'Book me a room' }))
    receiver.deliver(
      transcribed('completed', user, { transcript: 'Book me a room today.', usage: { type: 'duration', seconds: 2 } }),
    )
    receiver.deliver(outputAdded(response, answer))
    receiver.deliver(added(answer, 'assistant', user))
    for (const word of words) {
      receiver.deliver(transcriptDelta(response, answer, word))
      receiver.deliver(audioDelta(response, answer, longAudio))
      play(answer, 100)
    }
    const content = [{ type: 'output_audio', transcript: words.join('') }]
    const item = { ...message(answer, 'assistant'), status: 'completed', content }
    receiver.deliver(frame('response.output_audio.done', place(response, answer)))
    receiver.deliver(
      frame('response.output_audio_transcript.done', { ...place(response, answer), transcript: words.join('') }),
    )
    receiver.deliver(frame('conversation.item.done', { previous_item_id: user, item }))
    receiver.deliver(frame('response.output_item.done', { response_id: response, output_index: 0, item }))
    receiver.deliver(
      frame('response.done', { response: { ...resource(response), status: 'completed', output: [item] } }),
    )
    last = answer
    await settle()
  }
  return ((await heapUsed()) - before) / 1_000
}

async function heapUsed(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    await settle()
    collectGarbage()
  }
  return process.memoryUsage().heapUsed
}

let eventCount = 0
/** Returns a frame that shares no string with other frames, as if it came from a socket. */
function frame(type: string, fields: object): string {
  eventCount += 1
  return JSON.stringify({ type, event_id: `event_${eventCount}`, ...fields })
}

const times = (make: (index: number) => string) => Array.from({ length: eventsPerSample }, (_, index) => make(index))
const shortAudio = Buffer.alloc(960, 1).toString('base64')
const longAudio = Buffer.alloc(4_800, 1).toString('base64')

const place = (response_id: string, item_id: string) => ({ response_id, item_id, output_index: 0, content_index: 0 })
const resource = (id: string, conversation_id: string | null = 'conv_1') => ({
  id,
  object: 'realtime.response',
  status: 'in_progress',
  status_details: null,
  output: [],
  conversation_id,
  metadata: null,
  usage: null,
})
const message = (id: string, role: 'user' | 'assistant') => ({
  id,
  type: 'message',
  role,
  status: role === 'user' ? 'completed' : 'in_progress',
  content: role === 'user' ? [{ type: 'input_audio', transcript: null }] : [],
})
const created = (id: string, conversation?: string | null) =>
  frame('response.created', { response: resource(id, conversation) })
const added = (id: string, role: 'user' | 'assistant', previous: string | null = null) =>
  frame('conversation.item.added', { previous_item_id: previous, item: message(id, role) })
const outputAdded = (response_id: string, id: string) =>
  frame('response.output_item.added', { response_id, output_index: 0, item: message(id, 'assistant') })
const transcriptDelta = (response: string, item: string, delta: string) =>
  frame('response.output_audio_transcript.delta', { ...place(response, item), delta })
const audioDelta = (response: string, item: string, delta: string) =>
  frame('response.output_audio.delta', { ...place(response, item), delta })
const transcribed = (kind: string, item_id: string, fields: object) =>
  frame(`conversation.item.input_audio_transcription.${kind}`, { item_id, content_index: 0, ...fields })
