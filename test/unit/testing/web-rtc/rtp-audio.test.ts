import * as opus from 'libopus-wasm'
import { describe, expect, it } from 'vitest'
import * as werift from 'werift'
import { pumpRtpAudio } from '../../../../src/testing/node/web-rtc/rtp-audio.js'
import { createRtpCodecs } from '../../../../src/testing/node/web-rtc/rtp-codec.js'
import { vowel } from '../../../support/speech.js'

const { RTCRtpCodecParameters, RtpHeader, RtpPacket } = werift
const offered = (name: string, payloadType: number, clockRate: number) =>
  new RTCRtpCodecParameters({ mimeType: `audio/${name}`, clockRate, channels: 1, payloadType })

/** Creates the pump with a receiver whose packets the test makes, and returns what it writes, in milliseconds. */
async function receiver(payloadType: number, ...negotiated: werift.RTCRtpCodecParameters[]) {
  const codecs = await createRtpCodecs(negotiated, opus)
  const onReceiveRtp = new werift.Event<[werift.RtpPacket]>()
  const written: Int16Array[] = []
  const stop = pumpRtpAudio(
    werift,
    { receiver: { track: { onReceiveRtp } }, sender: {} } as unknown as werift.RTCRtpTransceiver,
    codecs,
    { write: (pcm) => void written.push(pcm), read: (count) => new Int16Array(count), sendDtmf: () => {} },
  )
  return {
    stop,
    receive: (sequenceNumber: number, timestamp: number, payload: Uint8Array, ssrc = 1) =>
      onReceiveRtp.execute(
        new RtpPacket(new RtpHeader({ payloadType, sequenceNumber, timestamp, ssrc }), Buffer.from(payload)),
      ),
    writtenMs: () => Math.round(written.reduce((sum, { length }) => sum + length, 0) / 24),
  }
}

describe('pumpRtpAudio', () => {
  // The resampler of G.711 returns 5 ms less for its first packet.
  const pcmu = offered('PCMU', 0, 8_000)
  const packet = new Uint8Array(160).fill(0xff)

  it('receiving: writes silence for lost packets, and nothing for late and repeated ones', async () => {
    const { receive, writtenMs, stop } = await receiver(0, pcmu)
    receive(1, 160, packet)
    receive(2, 320, packet)
    expect(writtenMs()).toBe(35)
    receive(5, 800, packet)
    expect(writtenMs()).toBe(95)
    receive(4, 640, packet)
    receive(5, 800, packet)
    expect(writtenMs()).toBe(95)
    stop()
  })

  it('receiving: writes silence for a gap of the timestamps without a gap of the sequence numbers (DTX)', async () => {
    const { receive, writtenMs, stop } = await receiver(0, pcmu)
    receive(1, 0, packet)
    receive(2, 8_000 * 0.4, packet)
    expect(writtenMs()).toBe(415)
    stop()
  })

  it('receiving: a jump of the timestamps and another source write no silence', async () => {
    const { receive, writtenMs, stop } = await receiver(0, pcmu)
    receive(1, 0, packet)
    receive(2, 8_000_000, packet)
    receive(60_000, 7, packet, 2)
    receive(60_001, 167, packet, 2)
    expect(writtenMs()).toBe(75)
    stop()
  })

  it('receiving: an invalid payload of Opus and an unknown payload type are ignored', async () => {
    const { receive, writtenMs, stop } = await receiver(111, offered('opus', 111, 48_000))
    receive(1, 0, new Uint8Array([255, 255, 255]))
    receive(2, 960, new Uint8Array(0))
    expect(writtenMs()).toBe(0)
    stop()
    const other = await receiver(13, pcmu)
    other.receive(1, 0, packet)
    expect(other.writtenMs()).toBe(0)
    other.stop()
  })
})

describe('createRtpCodecs', () => {
  it('leaves out unsupported codecs, and Opus without its package', async () => {
    const negotiated = [offered('opus', 96, 48_000), offered('PCMA', 8, 8_000), offered('G722', 9, 8_000)]
    expect([...(await createRtpCodecs(negotiated, opus)).keys()]).toEqual([96, 8])
    expect([...(await createRtpCodecs(negotiated, undefined)).keys()]).toEqual([8])
  })

  it('Opus: decodes frames of all durations at 24 kHz', async () => {
    const codec = (await createRtpCodecs([offered('opus', 96, 48_000)], opus)).get(96) ?? expect.fail('no codec')
    for (const ms of [10, 20, 40, 60]) {
      const client = await opus.createEncoder({ channels: 1, frameSize: 48 * ms })
      const { pcm, durationMs } = codec.decode(client.encode(new Int16Array(48 * ms)))
      expect(pcm).toHaveLength(24 * ms)
      expect(durationMs).toBe(ms)
      client.free()
    }
    codec.free()
    expect(() => codec.decode(new Uint8Array([0, 0]))).toThrow()
  })

  it('Opus: audio keeps its loudness when it is encoded and decoded', async () => {
    const codec = (await createRtpCodecs([offered('opus', 96, 48_000)], opus)).get(96) ?? expect.fail('no codec')
    const energyOf = (pcm: Int16Array) => pcm.reduce((sum, sample) => sum + sample * sample, 0)
    const pcm = vowel(400)
    let energy = 0
    for (let at = 0; at < pcm.length; at += 480)
      energy += energyOf(codec.decode(codec.encode(pcm.subarray(at, at + 480)) ?? expect.fail('no packet')).pcm)
    expect(energy / energyOf(pcm)).toBeGreaterThan(0.8)
    expect(energy / energyOf(pcm)).toBeLessThan(1.2)
    codec.free()
  })
})
