import { decodeBase64 } from '../audio/base64.js'
import { audioLayout } from '../audio/duration.js'
import { toFloat32 } from '../audio/int16.js'
import { createResampler, type Resampler } from '../audio/resample.js'
import { inputFormatOf, outputFormatOf, type ReportedAudioFormat } from '../session/audio-format.js'
import { samplesOf } from '../session/audio-samples.js'
import type { AudioInput } from '../session/input-audio.js'
import type { RealtimeSession } from '../session/realtime.js'
import { createPlayedAudio } from './played-audio.js'
import type { StereoTrack } from './stereo-track.js'

/** The part of a session whose audio is recorded. */
export type AudibleSession = Pick<RealtimeSession, 'on' | 'playback' | 'audio' | 'getState'>

/** The media stream of a telephone call, as `bridgeTwilio` returns it. */
export interface RecordedLine {
  on(
    type: 'media',
    listener: (message: {
      readonly media: { readonly payload: string; readonly timestamp?: unknown; readonly track?: unknown }
    }) => void,
  ): () => void
}

export interface CallAudioOptions {
  readonly session: AudibleSession
  readonly line: RecordedLine | undefined
  readonly track: StereoTrack
  readonly sampleRate: number
  readonly placement: 'played' | 'received'
  /** Returns the time in the recording. */
  readonly nowMs: () => number
  /** Called when audio of an item was played. */
  readonly onPlayed: (itemId: string, startMs: number, endMs: number) => void
}

/** The longest time between two reports of a player, in milliseconds. */
const longestReportMs = 250

/** Passes the audio of both sides of a session to a track, at the times at which it was spoken and played. Returns a function that stops. */
export function recordAudio(options: CallAudioOptions): () => void {
  const { session, line, track, sampleRate, nowMs } = options
  const waiting = createPlayedAudio(sampleRate)
  const convert = { user: createConverter(sampleRate), agent: createConverter(sampleRate) }
  /** The last report of the player. */
  let last: { readonly itemId: string; readonly contentIndex: number | undefined; readonly atMs: number } | undefined

  function addUser(samples: Float32Array, startMs: number): void {
    track.add('caller', samples, startMs)
  }

  function addPlayed(itemId: string, samples: Float32Array, startMs: number): void {
    if (samples.length === 0) return
    const placed = track.add('agent', samples, startMs)
    options.onPlayed(itemId, placed.startMs, placed.endMs)
  }

  /** The line plays at the pace of speech, and reports later. What it played since its last report belongs to the recording. */
  function onInterrupted(): void {
    if (options.placement === 'received') {
      track.cut('agent', nowMs())
      return
    }
    if (last) {
      const { itemId, contentIndex, atMs } = last
      const unreportedMs = nowMs() - atMs
      if (unreportedMs > 0 && unreportedMs <= longestReportMs)
        addPlayed(itemId, waiting.take({ itemId, contentIndex }, unreportedMs), atMs)
    }
    last = undefined
    waiting.interrupt()
  }

  const unsubscribe = [
    session.on('response.output_audio.delta', ({ item_id, content_index, delta }) => {
      const samples = convert.agent(delta, outputFormatOf(session.getState().session))
      if (options.placement === 'played') waiting.push({ itemId: item_id, contentIndex: content_index }, samples)
      else addPlayed(item_id, samples, nowMs())
    }),
    session.playback.onPlayed(({ part, ms }) => {
      if (options.placement === 'received') return
      const atMs = nowMs()
      addPlayed(part.itemId, waiting.take(part, ms), atMs - ms)
      last = { itemId: part.itemId, contentIndex: part.contentIndex, atMs }
    }),
    session.on('interrupted', onInterrupted),
    line ? recordLine(line) : recordAppends(),
  ]

  function recordAppends(): () => void {
    return session.audio.onAppend((audio) => {
      const samples = convert.user(audio, inputFormatOf(session.getState().session))
      addUser(samples, nowMs() - (samples.length * 1000) / sampleRate)
    })
  }

  /** The timestamps of the line have no jitter, and audio from before the session was connected has its own. */
  function recordLine(from: RecordedLine): () => void {
    let originMs: number | undefined
    return from.on('media', ({ media }) => {
      if (media.track === 'outbound') return
      const bytes = bytesOf(media.payload)
      const endMs = nowMs()
      const timestamp = Number(media.timestamp)
      const lengthMs = bytes.length / 8
      if (Number.isFinite(timestamp)) originMs ??= endMs - lengthMs - timestamp
      const startMs = originMs === undefined || !Number.isFinite(timestamp) ? endMs - lengthMs : originMs + timestamp
      addUser(convert.user(bytes, lineFormat(inputFormatOf(session.getState().session))), startMs)
    })
  }

  return () => {
    for (const off of unsubscribe) off()
  }
}

/** The line is mu-law unless the session uses A-law. Before the session is connected, its format is not known. */
function lineFormat(format: ReportedAudioFormat): ReportedAudioFormat {
  return { type: format.type === 'audio/pcma' ? 'audio/pcma' : 'audio/pcmu' }
}

/** Returns a function that converts the chunks of one stream to samples. */
function createConverter(sampleRate: number): (audio: AudioInput, format: ReportedAudioFormat) => Float32Array {
  let resampler: Resampler | undefined
  let from = 0
  return (audio, format) => {
    const rate = audioLayout(format).sampleRate
    if (rate !== from) {
      from = rate
      resampler = rate === sampleRate ? undefined : createResampler({ from: rate, to: sampleRate })
    }
    const decoded = samplesOf(audio, format) ?? new Float32Array(0)
    const samples = decoded instanceof Int16Array ? toFloat32(decoded) : decoded
    return resampler ? resampler.process(samples) : samples
  }
}

/** The bytes of base64. The server rejects audio that is not base64. */
function bytesOf(base64: string): Uint8Array {
  try {
    return decodeBase64(base64)
  } catch {
    return new Uint8Array(0)
  }
}
