import { decodeBase64 } from '../../audio/base64.js'
import { encodeALaw, encodeMuLaw } from '../../audio/g711.js'
import { toFloat32, toInt16 } from '../../audio/int16.js'
import { createResampler } from '../../audio/resample.js'
import type { AudioFormat } from '../../protocol/audio-format.js'
import { inputFormatOf, outputFormatOf, type ReportedAudioFormat } from '../../session/audio-format.js'
import type { AudioPart } from '../../session/playback/tracker.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { decodeAudio } from '../emulator/pcm-audio.js'
import { type CallerLine, createPlaybackQueue, lineRate } from './line.js'

const pcm: AudioFormat = { type: 'audio/pcm', rate: 24_000 }

/**
 * Connects a caller to a session whose audio is in events: over a WebSocket, or in memory. The caller is the microphone and the speaker of the
 * session, so it reports what it has played, and an interruption truncates the response there.
 * @example
 * ```ts
 * await caller.call(sessionLine(session))
 * ```
 */
export function sessionLine(session: RealtimeSession): CallerLine {
  const queue = createPlaybackQueue<AudioPart>()
  const encode = createEncoder()
  const decoders = new Map<string, (bytes: Uint8Array) => Int16Array>()

  const unsubscribe = [
    session.on('response.output_audio.delta', ({ item_id: itemId, content_index: contentIndex, delta }) => {
      const part = { itemId, contentIndex }
      if (!session.playback.enqueued(part)) return
      let decode = decoders.get(itemId)
      if (!decode) {
        decoders.clear()
        decode = createDecoder(outputFormatOf(session.getState().session))
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
      const { status, session: resource } = session.getState()
      if (status === 'open') session.audio.append(encode(samples, inputFormatOf(resource)))
    },
    receive: (count) => queue.take(count, (part, played) => session.playback.played(part, (played * 1_000) / lineRate)),
    stop() {
      for (const off of unsubscribe) off()
    },
  }
}

/** Returns a function that encodes a stream of samples at 24 kHz in the format of a session. */
function createEncoder(): (samples: Int16Array, format: ReportedAudioFormat) => Int16Array | Uint8Array {
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
function createDecoder(format: ReportedAudioFormat): (bytes: Uint8Array) => Int16Array {
  if (format.type === 'audio/pcm' || format.type === undefined) return (bytes) => decodeAudio(bytes, pcm).pcm
  const widen = createWidener()
  return (bytes) => widen(decodeAudio(bytes, format).pcm)
}
