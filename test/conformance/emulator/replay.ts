import { encodeBase64 } from '../../../src/audio/base64.js'
import { int16ToBytes } from '../../../src/audio/int16.js'
import type { ServerEvent } from '../../../src/protocol/server-events.js'
import { call, createEmulator, createManualClock, reply, type Step } from '../../../src/testing/index.js'
import { memoryPair } from '../../../src/transports/memory-pair.js'
import { joined, room, speechLike } from '../../unit/testing/speech.js'

/** An event of a recorded conversation. */
export interface Recorded {
  readonly side: 'server' | 'client'
  readonly source: string
  readonly event: ServerEvent & { readonly [field: string]: unknown }
}

/** Sends the recorded client events to an emulator whose model produces the recorded output. Returns the events of the emulator. */
export async function replay(recorded: readonly Recorded[], model: string): Promise<ServerEvent[]> {
  const clock = createManualClock()
  const isSideband = !recorded.some(({ event }) => event.type === 'session.created')
  const emulator = createEmulator({ clock, script: recorded.flatMap(stepsOf), hear: () => transcriptOf(recorded) })
  const events: ServerEvent[] = []
  const client = isSideband ? await joinCall() : emulator.connect({ model })
  client.on('message', (frame) => events.push(JSON.parse(frame)))
  await client.open()
  await clock.advance(0)

  async function joinCall() {
    const answered = emulator.answerCall({ apiKey: 'sk-test', session: { type: 'realtime', model } })
    if (!('attach' in answered)) throw new Error('The emulator rejected the call.')
    const [caller, server] = memoryPair({ audio: 'media' })
    void answered.attach(server, () => {})
    await caller.open()
    return emulator.connect({ callId: answered.callId })
  }

  let hasSpoken = false
  for (const { side, event } of recorded) {
    if (side === 'server') continue
    const { event_id: _, ...sent } = event
    if (event.type === ('input_audio_buffer.append' as string)) {
      // The recordings do not contain the audio.
      if (!hasSpoken) for (const audio of spoken()) client.send(JSON.stringify({ ...sent, audio }))
      hasSpoken = true
    } else client.send(JSON.stringify(sent))
    await clock.advance(10_000)
  }
  return events
}

function spoken(): string[] {
  const pcm = joined(room(500), speechLike(1_500), room(1_500))
  return Array.from({ length: pcm.length / 2_400 }, (_, index) =>
    encodeBase64(int16ToBytes(pcm.slice(index * 2_400, (index + 1) * 2_400))),
  )
}

function stepsOf({ side, event }: Recorded): Step[][] {
  if (side !== 'server' || event.type !== 'response.done') return []
  return [
    event.response.output.flatMap((item): Step[] => {
      if (item.type === 'function_call')
        return [call(String(item.name), String(item.arguments), { callId: String(item.call_id) })]
      if (item.type !== 'message') return []
      const parts = item.content as readonly { readonly text?: string; readonly transcript?: string }[]
      return [reply(parts.map(({ text, transcript }) => text ?? transcript ?? '').join(''))]
    }),
  ]
}

function transcriptOf(recorded: readonly Recorded[]): string {
  const found = recorded.find(({ event }) => event.type === 'conversation.item.input_audio_transcription.completed')
  return String((found?.event as { transcript?: string } | undefined)?.transcript ?? 'Hello.')
}

const isTranscription = (type: string) => type.startsWith('conversation.item.input_audio_transcription.')
const deltasOfAudio = ['response.output_audio.delta', 'response.output_audio_transcript.delta']

/**
 * Returns the order of the events: runs of deltas as one, and audio with its transcript. Left out are the transcripts of the user, which come at
 * any time, and the rate limits, which Azure does not send.
 */
export function orderOf(events: readonly ServerEvent[]): string[] {
  return events
    .map(({ type }) => (deltasOfAudio.includes(type) ? 'audio and transcript' : type))
    .filter((type) => !isTranscription(type) && type !== 'rate_limits.updated')
    .filter((type, index, types) => type !== types[index - 1])
}

/** Returns the fields of items and responses, and which of them are null, event by event. */
export function fieldsOf(events: readonly ServerEvent[]): string[] {
  return events
    .filter(({ type }) => /^(conversation\.item\.(added|done)|response\.(created|done|output_item\.\w+))$/.test(type))
    .map((event) => {
      const resource = 'response' in event ? event.response : 'item' in event ? event.item : {}
      const fields = Object.entries({ ...event, ...(resource as object) })
      return `${event.type}: ${fields
        .map(([key, value]) => (value === null ? `${key} (null)` : key))
        .sort()
        .join(', ')}`
    })
}
