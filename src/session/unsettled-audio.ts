import { hasPendingTurns, type PendingTurns } from './restore/pending-turns.js'
import type { SessionState } from './state/state.js'
import { detectsTurns } from './turn-detection.js'

/** Half a second of 24 kHz PCM16 in base64, in bytes. */
const onsetBytes = 32_000

/**
 * Returns how much of the audio that was sent last the next server needs after a lost connection, in bytes of frames. With turn detection,
 * audio outside of turns is silence, except for the start of a turn that is not detected yet.
 */
export function unsettledAudioBytes(
  { session, inputAudio }: SessionState,
  turns: PendingTurns,
  maxBytes: number,
): number {
  const isSilence = detectsTurns(session) && !inputAudio.isSpeaking && !hasPendingTurns(turns)
  return isSilence ? Math.min(onsetBytes, maxBytes) : Number.POSITIVE_INFINITY
}
