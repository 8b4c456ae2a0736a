import { decodeMuLaw, encodeMuLaw } from '../../../audio/g711.js'
import { toFloat32, toInt16 } from '../../../audio/int16.js'
import { createResampler } from '../../../audio/resample.js'
import type { Clock } from '../../../internal/clock.js'
import type { CallAudio } from '../../emulator/session.js'

/** Audio of a telephone, in frames of 20 ms of mu-law. */
export interface Handset {
  /** Returns the next 160 bytes of the caller. */
  read(): Uint8Array
  /** Plays the next 160 bytes to the caller. */
  write(bytes: Uint8Array): void
}

const frameMs = 20
const frameBytes = 160
/** Samples of a frame at 24 kHz. */
const sessionFrameSamples = 480
/** After a longer stall, missed frames are skipped instead of being sent at once. */
const maxLateFrames = 25
/** Late frames are processed in steps, so that other code that produces audio can run between them. */
const framesPerStep = 3

/** Transfers audio between a telephone and a session at the pace of the clock. Returns a function that stops it. */
export function pumpAudio(clock: Clock, handset: Handset, audio: CallAudio): () => void {
  const toLine = createResampler({ from: 8_000, to: 24_000 })
  const toWire = createResampler({ from: 24_000, to: 8_000 })
  // The resampler delays its first samples. After that, each call returns a whole frame.
  let waiting = new Uint8Array(0)
  let startMs = clock.now()
  let frames = 0
  let isOver = false

  function exchange(): void {
    frames += 1
    audio.write(toInt16(toLine.process(toFloat32(decodeMuLaw(handset.read())))))
    const bytes = encodeMuLaw(toInt16(toWire.process(toFloat32(audio.read(sessionFrameSamples)))))
    const whole = new Uint8Array(waiting.length + bytes.length)
    whole.set(waiting)
    whole.set(bytes, waiting.length)
    waiting = whole
    if (waiting.length < frameBytes) return
    handset.write(waiting.slice(0, frameBytes))
    waiting = waiting.slice(frameBytes)
  }

  function tick(): void {
    const due = Math.floor((clock.now() - startMs) / frameMs)
    if (due - frames > maxLateFrames) startMs += (due - frames - maxLateFrames) * frameMs
    for (let step = 0; step < framesPerStep && !isOver; step++)
      if (startMs + (frames + 1) * frameMs <= clock.now()) exchange()
    if (!isOver) cancel = clock.after(Math.max(0, startMs + (frames + 1) * frameMs - clock.now()), tick)
  }
  let cancel = clock.after(frameMs, tick)
  return () => {
    isOver = true
    cancel()
  }
}
