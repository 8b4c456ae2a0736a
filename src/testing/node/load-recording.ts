import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { RecordedAudio } from '../replay/restore-frame.js'
import { isRecordedHeader, wavHeaderBytes } from './wav-header.js'

/** A recording with the audio that was kept beside it. */
export interface LoadedRecording {
  /** The text of the recording, for `replaying()` and `readRecording()`. */
  readonly recording: string
  /** Empty when no audio was kept. */
  readonly audio: RecordedAudio
}

/**
 * Reads a recording, and the audio that `realtime-primitives record --audio` has kept beside it.
 * @example
 * ```ts
 * const { recording, audio } = await loadRecording(new URL('call.jsonl', import.meta.url))
 * const transport = replaying(recording, { audio })
 * ```
 */
export async function loadRecording(path: string | URL): Promise<LoadedRecording> {
  const file = path instanceof URL ? fileURLToPath(path) : path
  const [recording, sent, received] = await Promise.all([
    readFile(file, 'utf8'),
    readAudio(audioPath(file, 'sent')),
    readAudio(audioPath(file, 'received')),
  ])
  return { recording, audio: { ...(sent && { sent }), ...(received && { received }) } }
}

/** Returns the path of the audio of a recording: `call.sent.wav` for `call.jsonl`. */
export function audioPath(path: string, direction: 'sent' | 'received'): string {
  return `${path.replace(/\.jsonl?$/, '')}.${direction}.wav`
}

async function readAudio(path: string): Promise<Uint8Array | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  return bytes && isRecordedHeader(bytes) ? new Uint8Array(bytes.subarray(wavHeaderBytes)) : undefined
}
