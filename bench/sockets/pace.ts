import { Buffer } from 'node:buffer'
import { makeTrace } from '../trace.js'
import { monotonicMs, stampBytes } from './endpoint.js'

/** A frame of the paced conversation. */
export interface PacedFrame {
  /** Send time, in milliseconds from the start of the conversation. */
  readonly atMs: number
  /** Returns the frame to send now. An audio delta has its send time in the first bytes of its audio. */
  make(): Buffer
}

const speechMs = 1_500
const silenceMs = 500
const bytesPerMs = 48
const deltaKey = '"delta":"'

/**
 * Returns a conversation of about two minutes. In each turn of about six seconds, the user speaks for 1.5 seconds and the response lasts about
 * four.
 */
export function makePacedConversation(): readonly PacedFrame[] {
  const { frames } = makeTrace({ responses: 20, audioDeltas: 40 })
  let atMs = 0
  return frames.map((frame) => {
    const { type, delta } = JSON.parse(frame.toString())
    if (type === 'input_audio_buffer.speech_started') atMs += silenceMs
    if (type === 'input_audio_buffer.speech_stopped') atMs += speechMs
    const sentAtMs = atMs
    if (type !== 'response.output_audio.delta') return { atMs: sentAtMs, make: () => frame }
    atMs += (delta.length * 3) / 4 / bytesPerMs
    return { atMs: sentAtMs, make: () => stamped(frame) }
  })
}

function stamped(frame: Buffer): Buffer {
  const stamp = Buffer.alloc(stampBytes)
  stamp.writeDoubleLE(monotonicMs())
  // The socket may still buffer the previous copy, so each copy is a new buffer.
  const copy = Buffer.from(frame)
  copy.write(stamp.toString('base64'), frame.indexOf(deltaKey) + deltaKey.length, 'latin1')
  return copy
}
