import { closeSync, openSync, writeSync } from 'node:fs'
import { decodeBase64 } from '../../audio/base64.js'
import { isJson } from '../../migrate/json.js'
import { audioPath } from '../../testing/node/load-recording.js'
import { wavHeader } from '../../testing/node/wav-header.js'
import { formatsOf } from '../../testing/replay/restore-frame.js'

/** The files of one recorded call. */
export interface CallFiles {
  /** Path of the recording. */
  readonly path: string
  write(line: string): void
  /** Keeps the audio of a frame, if there is any and audio is kept. */
  keepAudio(direction: 'sent' | 'received', frame: string): void
  close(): void
}

/** Opens the files of a call. They are created, or replaced. */
export function openCallFiles(path: string, audio: 'keep' | 'drop'): CallFiles {
  const file = openSync(path, 'w')
  const tracks = { sent: createTrack(audioPath(path, 'sent')), received: createTrack(audioPath(path, 'received')) }
  const formats = { input: 'audio/pcm', output: 'audio/pcm' }
  let isClosed = false

  return {
    path,
    write(line) {
      if (!isClosed) writeSync(file, line)
    },
    keepAudio(direction, frame) {
      if (audio === 'drop' || isClosed) return
      const event = parse(frame)
      Object.assign(formats, formatsOf(event.session))
      const [type, field] = direction === 'sent' ? audioEvents.sent : audioEvents.received
      const base64 = event.type === type ? event[field] : undefined
      if (typeof base64 !== 'string') return
      const format = direction === 'sent' ? formats.input : formats.output
      try {
        tracks[direction].append(decodeBase64(base64), format)
      } catch {
        // The service rejects audio that is not base64.
      }
    },
    close() {
      if (isClosed) return
      isClosed = true
      closeSync(file)
      tracks.sent.close()
      tracks.received.close()
    },
  }
}

const audioEvents = {
  sent: ['input_audio_buffer.append', 'audio'],
  received: ['response.output_audio.delta', 'delta'],
} as const

/** A WAV file that is created with its first audio. */
function createTrack(path: string) {
  let file: number | undefined
  let bytes = 0
  let format = ''
  return {
    append(audio: Uint8Array, audioFormat: string): void {
      if (file === undefined) {
        file = openSync(path, 'w')
        format = audioFormat
        writeSync(file, wavHeader(format, 0))
      }
      writeSync(file, audio)
      bytes += audio.length
    },
    close(): void {
      if (file === undefined) return
      writeSync(file, wavHeader(format, bytes), 0, undefined, 0)
      closeSync(file)
    },
  }
}

function parse(frame: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(frame)
    return isJson(value) ? value : {}
  } catch {
    return {}
  }
}
