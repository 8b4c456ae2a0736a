import { Buffer } from 'node:buffer'
import type { RTCRtpTransceiver, RtpPacket } from 'werift'
import { systemClock } from '../../../internal/clock.js'
import type { CallAudio } from '../../emulator/session.js'
import type { Werift } from './optional-packages.js'
import { frameMs, frameSamples, type RtpCodec } from './rtp-codec.js'

/** A caller without packets for this long counts as silent. Network jitter is shorter. */
const patienceMs = 200
/** After a longer stall, missed frames are skipped instead of being sent at once. */
const maxLateFrames = 25
/** A longer gap between the timestamps of two packets is a new time base of the client, and not silence. */
const maxGapMs = 1_000

/**
 * Transfers the audio of a session over RTP. Returns a function that stops it. The session's audio advances with the system clock, even
 * while the caller sends nothing.
 * @param codecs - Codecs by payload type.
 */
export function pumpRtpAudio(
  werift: Werift,
  transceiver: RTCRtpTransceiver | undefined,
  codecs: ReadonlyMap<number, RtpCodec>,
  audio: CallAudio,
): () => void {
  const stop = [receiveRtp(transceiver, codecs, audio), sendRtp(packetSender(werift, transceiver, codecs), audio)]
  return () => {
    for (const off of stop) off()
  }
}

/** Returns a function that encodes and sends a frame of PCM. */
function packetSender(
  { RtpHeader, RtpPacket }: Werift,
  transceiver: RTCRtpTransceiver | undefined,
  codecs: ReadonlyMap<number, RtpCodec>,
): (pcm: Int16Array) => void {
  let sequenceNumber = Math.floor(Math.random() * 0x8000)
  let timestamp = Math.floor(Math.random() * 0x8000_0000)
  return (pcm) => {
    const payloadType = transceiver?.sender.codec?.payloadType
    const codec = payloadType === undefined ? undefined : codecs.get(payloadType)
    if (!transceiver || !codec || payloadType === undefined) return
    const payload = codec.encode(pcm)
    if (!payload) return
    const header = new RtpHeader({ payloadType, sequenceNumber, timestamp, marker: false })
    transceiver.sender.sendRtp(new RtpPacket(header, Buffer.from(payload))).catch(() => {})
    sequenceNumber = (sequenceNumber + 1) & 0xffff
    timestamp = (timestamp + (codec.clockRate * frameMs) / 1_000) >>> 0
  }
}

/** Sends a frame whenever one is due. */
function sendRtp(send: (pcm: Int16Array) => void, { read }: CallAudio): () => void {
  let startMs = systemClock.now()
  let sentFrames = 0

  function sendFrame(): void {
    sentFrames++
    send(read(frameSamples))
  }

  function tick(): void {
    let dueFrames = Math.floor((systemClock.now() - startMs) / frameMs) - sentFrames
    if (dueFrames > maxLateFrames) {
      startMs += (dueFrames - 1) * frameMs
      dueFrames = 1
    }
    // Frames that become due meanwhile wait for the next tick: encoding can take longer than they last on a busy machine.
    for (; dueFrames > 0; dueFrames--) sendFrame()
    cancel = systemClock.after(startMs + (sentFrames + 1) * frameMs - systemClock.now(), tick)
  }
  let cancel = systemClock.after(frameMs, tick)
  return () => cancel()
}

/** Reads arriving packets in sequence order, and silence where packets are missing. */
function receiveRtp(
  transceiver: RTCRtpTransceiver | undefined,
  codecs: ReadonlyMap<number, RtpCodec>,
  { write }: CallAudio,
): () => void {
  let playedMs = systemClock.now()
  /** The last packet, and the silence that has been written since. */
  let last: { ssrc: number; sequenceNumber: number; endTimestamp: number; filledMs: number } | undefined

  const writeSilence = (ms: number) => write(new Int16Array(Math.round(ms * 24)))

  function receive({ header, payload }: RtpPacket): void {
    const codec = codecs.get(header.payloadType)
    if (!codec) return
    // A new source starts with numbers of its own.
    if (last?.ssrc !== header.ssrc) last = undefined
    const ahead = last ? (header.sequenceNumber - last.sequenceNumber) & 0xffff : 1
    // The packet is too late: silence has already replaced it.
    if (ahead === 0 || ahead > 0x8000) return
    const decoded = decode(codec, payload)
    if (!decoded) return
    if (last) {
      // Clients that send nothing during silence (DTX) leave a gap in the timestamps, and none in the sequence numbers.
      const gapMs = (((header.timestamp - last.endTimestamp) | 0) * 1_000) / codec.clockRate - last.filledMs
      if (gapMs > 0 && gapMs <= maxGapMs) writeSilence(gapMs)
    }
    write(decoded.pcm)
    playedMs = systemClock.now()
    last = {
      ssrc: header.ssrc,
      sequenceNumber: header.sequenceNumber,
      endTimestamp: (header.timestamp + (decoded.durationMs * codec.clockRate) / 1_000) >>> 0,
      filledMs: 0,
    }
  }

  function fill(): void {
    const now = systemClock.now()
    for (; playedMs + patienceMs < now; playedMs += frameMs) {
      writeSilence(frameMs)
      if (last) last.filledMs += frameMs
    }
    cancel = systemClock.after(frameMs, fill)
  }
  let cancel = systemClock.after(patienceMs, fill)
  const packets = transceiver?.receiver.track.onReceiveRtp.subscribe(receive)
  return () => {
    cancel()
    packets?.unSubscribe()
  }
}

/** Returns the decoded payload, or `undefined` when it is invalid. */
function decode(codec: RtpCodec, payload: Uint8Array): ReturnType<RtpCodec['decode']> | undefined {
  try {
    return payload.length > 0 ? codec.decode(payload) : undefined
  } catch {
    return undefined
  }
}
