import { type CallSide, createCallMixer } from '../audio/call-mixer.js'
import { createWavWriter } from '../audio/write-wav.js'
import type { SinkWriter } from './sink.js'
import type { SilencedInterval } from './turn-guard.js'

/** Writes both sides of a call into one stereo WAV file as time passes. All times are milliseconds of the recording. */
export interface StereoTrack {
  /**
   * Adds audio of a side that starts at `atMs`, or directly after its last audio if that ends later. Audio from before the recording is cut
   * off. Returns where the audio was placed.
   */
  add(side: CallSide, samples: Float32Array, atMs: number): PlacedInterval
  /** Returns the end of the last audio of a side. It is later than now if audio arrives faster than it is spoken. */
  endMs(side: CallSide): number
  /** Removes the audio of a side from `atMs` on. */
  cut(side: CallSide, atMs: number): void
  /** Writes the audio up to a time. */
  writeUntil(ms: number): void
  /** Writes the final header. */
  finish(): void
}

/** Where audio was placed. */
export interface PlacedInterval {
  readonly startMs: number
  readonly endMs: number
}

/** Gaps and overlaps of this length are closed, because the reports of players and networks are not exact. */
const toleranceMs = 20

const sliceMs = 1_000

/** @param silencedIn Returns the parts of an interval that are replaced by silence. */
export function createStereoTrack(
  sampleRate: number,
  writer: SinkWriter,
  silencedIn: (startMs: number, endMs: number) => readonly SilencedInterval[],
): StereoTrack {
  const wav = createWavWriter({ sampleRate, channelCount: 2 })
  const mixer = createCallMixer({ sampleRate, toleranceMs })
  const ends = { caller: 0, agent: 0 }
  writer.append(wav.header)

  function silence(channels: readonly Float32Array[], startMs: number, endMs: number): void {
    for (const interval of silencedIn(startMs, endMs)) {
      const from = Math.floor(((interval.startMs - startMs) * sampleRate) / 1000)
      const to = Math.ceil(((interval.endMs - startMs) * sampleRate) / 1000)
      for (const channel of channels) channel.fill(0, from, to)
    }
  }

  return {
    add(side, samples, atMs) {
      const early = atMs >= 0 ? 0 : Math.ceil((-atMs * sampleRate) / 1000)
      const lateEnoughMs = Math.max(0, atMs)
      const endMs = ends[side]
      // The mixer places it in the same way.
      const startMs = Math.max(mixer.positionMs, lateEnoughMs - endMs <= toleranceMs ? endMs : lateEnoughMs)
      if (early >= samples.length) return { startMs, endMs: startMs }
      mixer.write(side, samples.subarray(early), lateEnoughMs)
      ends[side] = startMs + ((samples.length - early) * 1000) / sampleRate
      return { startMs, endMs: ends[side] }
    },
    endMs: (side) => ends[side],
    cut(side, atMs) {
      mixer.cut(side, atMs)
      ends[side] = Math.min(ends[side], atMs)
    },
    writeUntil(ms) {
      while (mixer.positionMs < ms) {
        const startMs = mixer.positionMs
        const channels = mixer.read(Math.min(ms, startMs + sliceMs))
        // Times between two samples never advance the position.
        if (mixer.positionMs === startMs) break
        silence(channels, startMs, mixer.positionMs)
        writer.append(wav.write(channels))
      }
    },
    finish: () => writer.replaceStart(wav.finalHeader()),
  }
}
