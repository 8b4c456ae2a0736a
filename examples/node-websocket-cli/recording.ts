import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { downmix, readWav, resample, toInt16 } from 'realtime-primitives/audio'

/** A recording, ready to be sent: mono PCM16 at 24 kHz. */
export interface Recording {
  readonly name: string
  readonly samples: Int16Array
  readonly sampleRate: number
  readonly channelCount: number
  readonly seconds: number
}

export const wireRate = 24_000

/** Reads any WAV file, mixes it down to one channel and resamples it to what the service takes. */
export async function readRecording(path: string): Promise<Recording> {
  const { channels, sampleRate, durationMs } = readWav(await readFile(path))
  return {
    name: basename(path),
    samples: toInt16(resample(downmix(channels), sampleRate, wireRate, 'best')),
    sampleRate,
    channelCount: channels.length,
    seconds: durationMs / 1000,
  }
}
