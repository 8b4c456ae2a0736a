import { Buffer } from 'node:buffer'
import type { MediaStreamTrack, RtpPacket } from 'werift'
import { decodeMuLaw, encodeMuLaw } from '../../../audio/g711.js'
import { createId } from '../../../internal/id.js'
import type { MediaTrack, PeerConnectionClass } from '../../../transports/web-rtc/peer-connection.js'
import type { WebRtcTransport } from '../../../transports/web-rtc/web-rtc.js'
import { type CallerLine, createPlaybackQueue } from '../../caller/line.js'
import { createNarrower, createWidener } from '../../caller/session-line.js'
import { TestingError } from '../../error.js'
import { loadWerift } from './optional-packages.js'

/** A caller's end of WebRTC calls in Node.js. */
export interface WebRtcPhone {
  /** Options for `webRTC()`: the microphone of the caller, and a peer connection that needs no browser. */
  readonly options: {
    readonly microphone: MediaTrack
    readonly RTCPeerConnection: PeerConnectionClass
    readonly configuration: object
  }
  /** Returns the line of a transport that was created with the options. Call it before the transport opens. */
  line(transport: Pick<WebRtcTransport<MediaTrack>, 'on' | 'state'>): CallerLine
}

const frameSamples = 160

/**
 * Creates a phone for calls over WebRTC in Node.js, with `werift`. Calls run in real time.
 * @example
 * ```ts
 * const phone = await createWebRtcPhone()
 * const transport = webRTC({ apiKey: 'sk-any', session, baseUrl: server.httpUrl, ...phone.options })
 * const line = phone.line(transport)
 * await createSession({ transport }).connect()
 * const { turns } = await createCaller({ says: ['Hello.'] }).call(line)
 * ```
 * @throws {TestingError} `INVALID_OPTION` when `werift` is not installed.
 */
export async function createWebRtcPhone(): Promise<WebRtcPhone> {
  const werift = await loadWerift()
  if (!werift) throw new TestingError('INVALID_OPTION', { option: 'werift', problem: 'is a package to install' })
  const { MediaStreamTrack: Track, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket: Packet } = werift
  const microphone = new Track({ kind: 'audio', id: createId('track') })
  const pcmu = new RTCRtpCodecParameters({ mimeType: 'audio/PCMU', clockRate: 8_000, channels: 1, payloadType: 0 })
  let sequenceNumber = 0

  function sendFrame(muLaw: Uint8Array): void {
    const timestamp = sequenceNumber * frameSamples
    const header = new RtpHeader({ payloadType: 0, sequenceNumber: sequenceNumber & 0xffff, timestamp })
    microphone.writeRtp(new Packet(header, Buffer.from(muLaw)))
    sequenceNumber += 1
  }

  return {
    options: {
      microphone: microphone as unknown as MediaTrack,
      RTCPeerConnection: RTCPeerConnection as unknown as PeerConnectionClass,
      configuration: {
        codecs: { audio: [pcmu], video: [] },
        bundlePolicy: 'max-bundle',
        iceServers: [],
        maxMessageSize: 262_144,
      },
    },
    line(transport) {
      const queue = createPlaybackQueue<undefined>()
      const narrow = createNarrower()
      const widen = createWidener()
      let waiting = new Int16Array(0)
      let unsubscribeRtp = () => {}
      const unsubscribe = transport.on('remoteAudio', ({ track }) => {
        unsubscribeRtp()
        const { unSubscribe } = (track as unknown as MediaStreamTrack).onReceiveRtp.subscribe(
          ({ payload }: RtpPacket) => queue.add(widen(decodeMuLaw(payload)), undefined),
        )
        unsubscribeRtp = unSubscribe
      })
      return {
        get isOpen() {
          return transport.state === 'open'
        },
        send(pcm) {
          const samples = narrow(pcm)
          const pending = new Int16Array(waiting.length + samples.length)
          pending.set(waiting)
          pending.set(samples, waiting.length)
          let at = 0
          for (; at + frameSamples <= pending.length; at += frameSamples)
            sendFrame(encodeMuLaw(pending.subarray(at, at + frameSamples)))
          waiting = pending.slice(at)
        },
        receive: (count) => queue.take(count),
        stop() {
          unsubscribe()
          unsubscribeRtp()
        },
      }
    },
  }
}
