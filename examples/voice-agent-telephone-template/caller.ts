import { encodeMuLaw } from 'realtime-primitives/audio'
import type { Telephone } from 'realtime-primitives/testing'

/** Returns audio that turn detection takes for a voice: mu-law at 8 kHz. */
export function speech(ms: number): Uint8Array {
  const samples = Int16Array.from({ length: ms * 8 }, (_, index) => {
    const pitch = [1, 2, 3].map((harmonic) => Math.sin((2 * Math.PI * 140 * harmonic * index) / 8_000) / harmonic)
    return 6_000 * (0.7 + 0.3 * Math.sin(index / 320)) * pitch.reduce((sum, value) => sum + value, 0)
  })
  return encodeMuLaw(samples)
}

/** Waits until the telephone has played a response and 600 ms of silence after it. */
export async function listen(phone: Telephone, now: () => number): Promise<void> {
  let playedMs = phone.playedMs
  let hasStarted = false
  let changedMs = now()
  await phone.waitFor(() => {
    if (phone.playedMs > playedMs) {
      hasStarted = true
      playedMs = phone.playedMs
      changedMs = now()
    }
    return hasStarted && now() - changedMs > 600
  })
}
