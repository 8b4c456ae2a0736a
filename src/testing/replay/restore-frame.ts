import { encodeBase64 } from '../../audio/base64.js'
import { isRecord, type RecordedEvent, redactedText } from './recorded-call.js'

/** The audio that was kept beside a recording: the bytes of all chunks of a direction, in order. */
export interface RecordedAudio {
  /** Audio of `input_audio_buffer.append`. */
  readonly sent?: Uint8Array
  /** Audio of `response.output_audio.delta`. */
  readonly received?: Uint8Array
}

/** Restores events that can be sent from recorded ones, in which audio and text are replaced by their size. */
export interface FrameRestorer {
  /** Returns the event with audio in place of `[… bytes of audio]`. Call it for each event of a recording, in order. */
  restore(event: RecordedEvent, direction: 'sent' | 'received'): RecordedEvent
}

const audioSize = /^\[(\d+) bytes of audio\]$/
const dataSize = /^\[(\d+) bytes of data\]$/
const byteSize = /^\[(\d+) bytes\]$/

/**
 * Creates a restorer. Audio that was not kept is replaced by silence of the same length, text by as many dots, and the arguments of functions by
 * an empty object.
 */
export function createFrameRestorer(audio: RecordedAudio = {}): FrameRestorer {
  const positions = { sent: 0, received: 0 }
  const silence = { sent: 0, received: 0 }

  function take(direction: 'sent' | 'received', length: number): string {
    const kept = audio[direction]?.subarray(positions[direction], positions[direction] + length)
    positions[direction] += length
    const bytes = new Uint8Array(length).fill(silence[direction])
    if (kept) bytes.set(kept)
    return encodeBase64(bytes)
  }

  function visit(value: unknown, name: string, type: unknown, direction: 'sent' | 'received'): unknown {
    if (Array.isArray(value)) return value.map((element) => visit(element, name, type, direction))
    if (isRecord(value))
      return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, visit(field, key, type, direction)]))
    if (typeof value !== 'string') return value
    const bytes = audioSize.exec(value)?.[1]
    if (bytes !== undefined) {
      const isStream = type === 'input_audio_buffer.append' || name === 'delta'
      return isStream ? take(direction, Number(bytes)) : encodeBase64(new Uint8Array(Number(bytes)))
    }
    const data = dataSize.exec(value)?.[1]
    if (data !== undefined) return `data:application/octet-stream;base64,${encodeBase64(new Uint8Array(Number(data)))}`
    const raw = byteSize.exec(value)?.[1]
    if (raw !== undefined) return encodeBase64(new Uint8Array(Number(raw)))
    if (/^\[\d+ logprobs\]$/.test(value)) return []
    const length = Number(redactedText.exec(value)?.[1] ?? -1)
    if (length < 0) return value
    if (type === 'response.function_call_arguments.delta') return ''
    return name === 'arguments' ? emptyObject(length) : '·'.repeat(length)
  }

  function noteFormats(event: RecordedEvent): void {
    const formats = formatsOf(event.session)
    if (formats.input !== undefined) silence.sent = silentByte(formats.input)
    if (formats.output !== undefined) silence.received = silentByte(formats.output)
  }

  return {
    restore(event, direction) {
      noteFormats(event)
      return visit(event, '', event.type, direction) as RecordedEvent
    },
  }
}

/** Returns the audio formats of a session resource. */
export function formatsOf(session: unknown): { readonly input?: string; readonly output?: string } {
  const audio = isRecord(session) && isRecord(session.audio) ? session.audio : {}
  const formatOf = (side: unknown) =>
    isRecord(side) && isRecord(side.format) && typeof side.format.type === 'string' ? side.format.type : undefined
  const input = formatOf(audio.input)
  const output = formatOf(audio.output)
  return { ...(input !== undefined && { input }), ...(output !== undefined && { output }) }
}

/** Returns an empty JSON object of a length. */
function emptyObject(length: number): string {
  return `{${' '.repeat(Math.max(0, length - 2))}}`
}

function silentByte(format: string): number {
  return format === 'audio/pcmu' ? 0xff : format === 'audio/pcma' ? 0xd5 : 0
}
