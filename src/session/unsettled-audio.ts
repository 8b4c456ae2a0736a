import { bytesPerMs } from './audio-duration.js'
import { inputFormatOf } from './audio-format.js'
import { hasPendingTurns, type PendingTurns } from './restore/pending-turns.js'
import type { SessionState } from './state/state.js'
import { detectsTurns } from './turn-detection.js'

/** How much audio can belong to the start of a turn that is not detected yet, in milliseconds. */
const onsetMs = 500

/** At least this many bytes of frames are kept for it. A frame with 20 ms of G.711 has 216 bytes of audio and 47 others. */
const minOnsetBytes = 12_000

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
  return isSilence ? Math.min(onsetBytes(session), maxBytes) : Number.POSITIVE_INFINITY
}

function onsetBytes(session: SessionState['session']): number {
  return Math.max(minOnsetBytes, Math.ceil((onsetMs * bytesPerMs(inputFormatOf(session)) * 4) / 3))
}
