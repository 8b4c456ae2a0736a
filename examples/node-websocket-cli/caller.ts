import type { Clock, RealtimeSession } from 'realtime-primitives'
import { type Recording, wireRate } from './recording.js'

const chunkMs = 20
const chunkSamples = (wireRate * chunkMs) / 1000
const mostSilenceMs = 3_000

/** Whose turn it is to speak. */
export interface Floor {
  /** Resolves when the caller may speak. */
  free(): Promise<void>
}

/**
 * Streams a recording into the session in chunks of 20 ms at the pace of the clock. It is a polite caller: while the assistant has the
 * floor it waits, as one does on the telephone. Afterwards it keeps the line open, silently, until the last words were taken as a turn.
 */
export async function speak(
  session: RealtimeSession,
  { samples }: Recording,
  floor: Floor,
  clock: Clock,
): Promise<void> {
  let dueMs = clock.now()

  async function send(chunk: Int16Array): Promise<void> {
    await floor.free()
    const now = clock.now()
    if (dueMs > now) await new Promise<void>((resolve) => clock.after(dueMs - now, resolve))
    // After waiting for the assistant, the schedule restarts. Otherwise, a late chunk does not delay later ones.
    else if (now - dueMs > 10 * chunkMs) dueMs = now
    dueMs += chunkMs
    session.audio.append(chunk)
  }

  for (let at = 0; at < samples.length; at += chunkSamples) await send(samples.subarray(at, at + chunkSamples))

  const silence = new Int16Array(chunkSamples)
  for (let ms = 0; ms < mostSilenceMs; ms += chunkMs) {
    if (ms >= mostSilenceMs / 2 && !session.getState().inputAudio.isSpeaking) break
    await send(silence)
  }
  await floor.free()
}
