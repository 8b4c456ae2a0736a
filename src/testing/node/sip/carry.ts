import { decodeMuLaw, encodeMuLaw } from '../../../audio/g711.js'
import { toFloat32, toInt16 } from '../../../audio/int16.js'
import { createResampler } from '../../../audio/resample.js'
import type { Clock } from '../../../internal/clock.js'
import type { SoundEnds } from '../../emulator/session.js'

/** Both ends of a telephone, 20 ms of mu-law at a time. */
export interface Handset {
  /** The next 160 bytes that are said. */
  speak(): Uint8Array
  /** The next 160 bytes that are heard. */
  hear(bytes: Uint8Array): void
}

const frameMs = 20
const frameBytes = 160
/** Samples of a frame at 24 kHz. */
const lineSamples = 480
/** A process that stalled for longer goes on where it was, instead of saying all at once what it missed. */
const mostFramesLate = 25
/** What is late is made up for in steps, so that whatever makes sound meanwhile comes to its turn between them. */
const framesAStep = 3

/** Carries sound between a telephone and a session, at the pace of the clock, until the answer is called. */
export function carry(clock: Clock, handset: Handset, sound: SoundEnds): () => void {
  const toLine = createResampler({ from: 8_000, to: 24_000 })
  const toWire = createResampler({ from: 24_000, to: 8_000 })
  // The resampler holds its first samples back; what it gives later is a frame each time.
  let waiting = new Uint8Array(0)
  let startMs = clock.now()
  let frames = 0
  let isOver = false

  function exchange(): void {
    frames += 1
    sound.hear(toInt16(toLine.process(toFloat32(decodeMuLaw(handset.speak())))))
    const bytes = encodeMuLaw(toInt16(toWire.process(toFloat32(sound.speak(lineSamples)))))
    const whole = new Uint8Array(waiting.length + bytes.length)
    whole.set(waiting)
    whole.set(bytes, waiting.length)
    waiting = whole
    if (waiting.length < frameBytes) return
    handset.hear(waiting.slice(0, frameBytes))
    waiting = waiting.slice(frameBytes)
  }

  function tick(): void {
    const due = Math.floor((clock.now() - startMs) / frameMs)
    if (due - frames > mostFramesLate) startMs += (due - frames - mostFramesLate) * frameMs
    for (let step = 0; step < framesAStep && !isOver; step++)
      if (startMs + (frames + 1) * frameMs <= clock.now()) exchange()
    if (!isOver) cancel = clock.after(Math.max(0, startMs + (frames + 1) * frameMs - clock.now()), tick)
  }
  let cancel = clock.after(frameMs, tick)
  return () => {
    isOver = true
    cancel()
  }
}
