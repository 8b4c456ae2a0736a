import { decodeBase64 } from '../../audio/base64.js'
import { encodeALaw, encodeMuLaw } from '../../audio/g711.js'
import { toFloat32, toInt16 } from '../../audio/int16.js'
import { createResampler } from '../../audio/resample.js'
import type { AudioFormat } from '../../protocol/audio-format.js'
import type { AudioPart } from '../../session/playback/tracker.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { decodeAudio } from '../emulator/pcm-audio.js'
import { type CallerLine, createHeardQueue, lineRate } from './line.js'

const pcm: AudioFormat = { type: 'audio/pcm', rate: 24_000 }

/** The part of a session resource that contains the formats. A transcription session has no output. */
interface SessionFormats {
  readonly audio?:
    | {
        readonly input?: SideFormat | null | undefined
        readonly output?: SideFormat | null | undefined
      }
    | null
    | undefined
}

interface SideFormat {
  readonly format?: AudioFormat | null | undefined
}

/**
 * Connects a caller to a session whose audio is in events: over a WebSocket, or in memory. The caller is the microphone and the speaker of the
 * session, so it reports what it has heard, and an interruption truncates the response there.
 * @example
 * ```ts
 * await caller.call(sessionLine(session))
 * ```
 */
export function sessionLine(session: RealtimeSession): CallerLine {
  const queue = createHeardQueue<AudioPart>()
  const encode = createEncoder()
  const decoders = new Map<string, (bytes: Uint8Array) => Int16Array>()

  function formatsNow(): { readonly input: AudioFormat; readonly output: AudioFormat } {
    const { audio }: SessionFormats = session.getState().session ?? {}
    return { input: audio?.input?.format ?? pcm, output: audio?.output?.format ?? pcm }
  }

  const unsubscribe = [
    session.on('response.output_audio.delta', ({ item_id: itemId, content_index: contentIndex, delta }) => {
      const part = { itemId, contentIndex }
      if (!session.playback.enqueued(part)) return
      const { output } = formatsNow()
      let decode = decoders.get(itemId)
      if (!decode) {
        decoders.clear()
        decode = createDecoder(output)
        decoders.set(itemId, decode)
      }
      queue.add(decode(decodeBase64(delta)), part)
    }),
    session.on('interrupted', () => queue.clear()),
  ]

  return {
    get isOpen() {
      const { status } = session.getState()
      return status !== 'closed' && status !== 'idle'
    },
    send(samples) {
      if (session.getState().status === 'open') session.audio.append(encode(samples, formatsNow().input))
    },
    receive: (count) => queue.take(count, (part, heard) => session.playback.played(part, (heard * 1_000) / lineRate)),
    stop() {
      for (const off of unsubscribe) off()
    },
  }
}

/** Returns a function that encodes a stream of samples at 24 kHz in the format of a session. */
function createEncoder(): (samples: Int16Array, format: AudioFormat) => Int16Array | Uint8Array {
  const narrow = createNarrower()
  return (samples, { type }) => {
    if (type === 'audio/pcmu') return encodeMuLaw(narrow(samples))
    return type === 'audio/pcma' ? encodeALaw(narrow(samples)) : samples
  }
}

/** Returns a function that converts a stream from 24 kHz to the 8 kHz of a telephone. */
export function createNarrower(): (samples: Int16Array) => Int16Array {
  let resampler: ReturnType<typeof createResampler> | undefined
  return (samples) => {
    resampler ??= createResampler({ from: lineRate, to: 8_000 })
    return toInt16(resampler.process(toFloat32(samples)))
  }
}

/** Returns a function that converts a stream from the 8 kHz of a telephone to 24 kHz. */
export function createWidener(): (samples: Int16Array) => Int16Array {
  const resampler = createResampler({ from: 8_000, to: lineRate })
  return (samples) => toInt16(resampler.process(toFloat32(samples)))
}

/** Returns a function that decodes a stream in the format of a session to samples at 24 kHz. */
function createDecoder(format: AudioFormat): (bytes: Uint8Array) => Int16Array {
  if (format.type === 'audio/pcm' || format.type === undefined) return (bytes) => decodeAudio(bytes, pcm).pcm
  const widen = createWidener()
  return (bytes) => widen(decodeAudio(bytes, format).pcm)
}
