import { readFileSync } from 'node:fs'
import { createCallMixer } from '../../../audio/call-mixer.js'
import { readWav } from '../../../audio/read-wav.js'
import { resample } from '../../../audio/resample.js'
import { writeWav } from '../../../audio/write-wav.js'
import { audioPath } from '../../../testing/node/load-recording.js'
import type { Entry } from '../entries.js'

/** The audio of a call: both sides on one time line, with the same sample rate and length. */
export interface CallAudio {
  readonly user: Float32Array
  readonly agent: Float32Array
  readonly sampleRate: number
}

/** Sample rate of the embedded audio, that of a telephone. */
const sampleRate = 8_000

/** The most audio that is embedded in a page: 20 minutes take 50 MB. */
const maxEmbeddedMs = 1_200_000

/**
 * Reads the audio beside a recording: `call.wav` of `recordCall`, or `call.sent.wav` and `call.received.wav` of `record --audio`. Returns
 * `undefined` if there is none that can be read.
 */
export function readCallAudio(path: string, entries: readonly Entry[]): CallAudio | undefined {
  return readStereo(path.replace(/\.jsonl?$/, '.wav')) ?? readSides(path, entries)
}

/** Returns audio as a WAV file in a data URL, or `undefined` if it is too long. */
export function embedAudio({ user, agent }: CallAudio): string | undefined {
  if ((user.length * 1000) / sampleRate > maxEmbeddedMs) return undefined
  return `data:audio/wav;base64,${Buffer.from(writeWav([user, agent], { sampleRate })).toString('base64')}`
}

function readStereo(path: string): CallAudio | undefined {
  const wav = readFile(path)
  if (wav?.channels.length !== 2) return undefined
  const [user = new Float32Array(), agent = new Float32Array()] = wav.channels
  return { user: atRate(user, wav.sampleRate), agent: atRate(agent, wav.sampleRate), sampleRate }
}

/** Places the chunks of two files at the times of their events. */
function readSides(path: string, entries: readonly Entry[]): CallAudio | undefined {
  const mixer = createCallMixer({ sampleRate })
  let found = false
  for (const [direction, side, type] of [
    ['sent', 'caller', 'input_audio_buffer.append'],
    ['received', 'agent', 'response.output_audio.delta'],
  ] as const) {
    const wav = readFile(audioPath(path, direction))
    const samples = wav?.channels[0]
    if (!wav || !samples) continue
    found = true
    const bytesPerSample = wav.bitsPerSample / 8
    let position = 0
    for (const entry of entries) {
      if (entry.direction !== direction || entry.type !== type || entry.ms === undefined) continue
      const size = /^\[(\d+) bytes/.exec(String(entry.event.audio ?? entry.event.delta))?.[1]
      const length = Number(size ?? 0) / bytesPerSample
      const chunk = atRate(samples.subarray(position, position + length), wav.sampleRate)
      position += length
      mixer.write(
        side,
        chunk,
        side === 'caller' ? Math.max(0, entry.ms - (chunk.length * 1000) / sampleRate) : entry.ms,
      )
    }
  }
  if (!found) return undefined
  const [user, agent] = mixer.read()
  return { user, agent, sampleRate }
}

function readFile(path: string) {
  try {
    return readWav(readFileSync(path), { onTruncated: 'read' })
  } catch {
    return undefined
  }
}

function atRate(samples: Float32Array, rate: number): Float32Array {
  return rate === sampleRate ? samples : resample(samples, rate, sampleRate)
}
