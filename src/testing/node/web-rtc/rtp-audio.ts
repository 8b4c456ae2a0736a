import { Buffer } from 'node:buffer'
import type { RTCRtpTransceiver, RtpPacket } from 'werift'
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../../../audio/g711.js'
import { toFloat32, toInt16 } from '../../../audio/int16.js'
import { createResampler } from '../../../audio/resample.js'
import { systemClock } from '../../../internal/clock.js'
import type { CallAudio } from '../../emulator/session.js'
import type { Werift } from './load-werift.js'

const frameMs = 20
/** Samples of a frame at 24 kHz and at 8 kHz. */
const lineSamples = 480
const wireSamples = 160
/** A caller without packets for this long counts as silent. Network jitter is shorter. */
const patienceMs = 200
/** After a longer stall, missed frames are skipped instead of being sent at once. */
const maxLateFrames = 25

/** Codecs by static payload type. */
const codecs: Readonly<Record<number, { decode(bytes: Uint8Array): Int16Array; encode(pcm: Int16Array): Uint8Array }>> =
  {
    0: { decode: decodeMuLaw, encode: encodeMuLaw },
    8: { decode: decodeALaw, encode: encodeALaw },
  }

/**
 * Transfers the audio of a session over RTP in G.711. Returns a function that stops it. The session's audio advances with the system
 * clock, even
 * while the caller sends nothing.
 */
export function pumpRtpAudio(
  { RtpHeader, RtpPacket }: Werift,
  transceiver: RTCRtpTransceiver | undefined,
  audio: CallAudio,
): () => void {
  const undo = [hearRtp(transceiver, audio), speakRtp(speaker(transceiver), audio)]
  return () => {
    for (const off of undo) off()
  }

  function speaker(line: RTCRtpTransceiver | undefined) {
    let sequenceNumber = Math.floor(Math.random() * 0x8000)
    let timestamp = Math.floor(Math.random() * 0x8000_0000)
    return (pcm: Int16Array) => {
      const payloadType = line?.sender.codec?.payloadType
      const codec = payloadType === undefined ? undefined : codecs[payloadType]
      if (line && codec && payloadType !== undefined) {
        const header = new RtpHeader({ payloadType, sequenceNumber, timestamp, marker: false })
        line.sender.sendRtp(new RtpPacket(header, Buffer.from(codec.encode(pcm)))).catch(() => {})
      }
      sequenceNumber = (sequenceNumber + 1) & 0xffff
      timestamp = (timestamp + wireSamples) >>> 0
    }
  }
}

/** Sends a frame whenever one is due. */
function speakRtp(say: (pcm: Int16Array) => void, { read: speak }: CallAudio): () => void {
  const toWire = createResampler({ from: 24_000, to: 8_000 })
  let waiting = new Int16Array(0)
  let startMs = systemClock.now()
  let sentFrames = 0

  function sendFrame(): void {
    waiting = joined(waiting, toInt16(toWire.process(toFloat32(speak(lineSamples)))))
    sentFrames++
    if (waiting.length < wireSamples) return
    say(waiting.subarray(0, wireSamples))
    waiting = waiting.slice(wireSamples)
  }

  function tick(): void {
    const due = Math.floor((systemClock.now() - startMs) / frameMs)
    if (due - sentFrames > maxLateFrames) startMs += (due - sentFrames - 1) * frameMs
    while (startMs + (sentFrames + 1) * frameMs <= systemClock.now()) sendFrame()
    cancel = systemClock.after(startMs + (sentFrames + 1) * frameMs - systemClock.now(), tick)
  }
  let cancel = systemClock.after(frameMs, tick)
  return () => cancel()
}

/** Reads arriving packets in sequence order, and silence where packets are missing. */
function hearRtp(transceiver: RTCRtpTransceiver | undefined, { write: transcribe }: CallAudio): () => void {
  const toLine = createResampler({ from: 8_000, to: 24_000 })
  let playedMs = systemClock.now()
  let lastSequence: number | undefined

  const pass = (pcm: Int16Array) => transcribe(toInt16(toLine.process(toFloat32(pcm))))

  function receive({ header, payload }: RtpPacket): void {
    const codec = codecs[header.payloadType]
    if (!codec) return
    const ahead = lastSequence === undefined ? 1 : (header.sequenceNumber - lastSequence) & 0xffff
    // The packet is too late: silence has already replaced it.
    if (ahead === 0 || ahead > 0x8000) return
    lastSequence = header.sequenceNumber
    const pcm = codec.decode(payload)
    if (ahead > 1 && ahead <= 50) pass(new Int16Array((ahead - 1) * pcm.length))
    pass(pcm)
    playedMs = systemClock.now()
  }

  function fill(): void {
    const now = systemClock.now()
    for (; playedMs + patienceMs < now; playedMs += frameMs) pass(new Int16Array(wireSamples))
    cancel = systemClock.after(frameMs, fill)
  }
  let cancel = systemClock.after(patienceMs, fill)
  const tracks = transceiver?.receiver.track.onReceiveRtp.subscribe(receive)
  return () => {
    cancel()
    tracks?.unSubscribe()
  }
}

function joined(first: Int16Array, second: Int16Array): Int16Array<ArrayBuffer> {
  const whole = new Int16Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}
