import { decodeBase64Transiently } from '../../internal/decode-base64.js'
import { base64ByteLength } from '../audio-duration.js'
import type { ClientFrame } from './connection-options.js'

type WithAudio = { readonly audio?: unknown }

/** Returns the number of bytes of the audio of an append. */
export function audioBytesOf(event: ClientFrame): number {
  const { audio } = event as WithAudio
  return audio instanceof Uint8Array ? audio.length : base64ByteLength(String(audio))
}

/**
 * Returns the audio of an append as bytes, which the queue copies. The codec leaves it to the server to judge text that is not standard base64; such text is
 * `undefined` here, and its frame is kept as it is.
 */
export function readAudio(event: ClientFrame, frame: string): Uint8Array | undefined {
  const { audio } = event as WithAudio
  if (audio instanceof Uint8Array) return audio
  // A value that is not plain data may be another one each time it is read, so the frame counts.
  return decodeBase64Transiently(typeof audio === 'string' ? audio : (JSON.parse(frame) as { audio: string }).audio)
}
