import { Application, createDecoder, createEncoder } from 'libopus-wasm'
import { createSession, type RealtimeSession } from 'realtime-primitives'
import { decodeMuLaw, encodeMuLaw } from 'realtime-primitives/audio'
import type { ServerEvent, SessionConfig } from 'realtime-primitives/protocol'
import { createEmulator, type Emulator, type EmulatorOptions } from 'realtime-primitives/testing'
import { type EmulatorServer, type ServeOptions, serve } from 'realtime-primitives/testing/node'
import { type WebRtcOptions, type WebRtcTransport, webRTC } from 'realtime-primitives/webrtc'
import {
  MediaStreamTrack,
  RTCPeerConnection,
  type RTCPeerConnectionConfig,
  RTCRtpCodecParameters,
  RtpHeader,
  RtpPacket,
} from 'werift'

import { type UdpRelay, type UdpRelayOptions, udpRelay } from '../../support/udp-relay.js'

export const apiKey = 'sk-standard'
const frame = 160

/** Converts between frames of 20 ms at 8 kHz and RTP payloads. */
export interface CallerCodec {
  readonly parameters: RTCRtpCodecParameters
  encode(pcm: Int16Array): Uint8Array
  decode(payload: Uint8Array): Int16Array
}

export const pcmu = (): CallerCodec => ({
  parameters: new RTCRtpCodecParameters({ mimeType: 'audio/PCMU', clockRate: 8_000, channels: 1, payloadType: 0 }),
  encode: encodeMuLaw,
  decode: decodeMuLaw,
})

export async function opus(payloadType = 111): Promise<CallerCodec> {
  const pcm = { sampleRate: 8_000, channels: 1 } as const
  const encoder = await createEncoder({ ...pcm, application: Application.RestrictedLowDelay, complexity: 0 })
  const decoder = await createDecoder(pcm)
  return {
    parameters: new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType }),
    encode: (frame) => encoder.encode(frame),
    decode: (payload) => decoder.decode(payload),
  }
}

/** Returns options for werift with which a closed client leaves no open resources. */
export const peerOptions = ({ parameters } = pcmu()): RTCPeerConnectionConfig => ({
  codecs: { audio: [parameters], video: [] },
  bundlePolicy: 'max-bundle',
  iceServers: [],
  iceAdditionalHostAddresses: ['127.0.0.1'],
  maxMessageSize: 262_144,
})

/** Creates a WebRTC transport to a server, through a relay if one is given. */
export function transportTo(
  { httpUrl }: EmulatorServer,
  relay: UdpRelay | undefined,
  options: Pick<WebRtcOptions<MediaStreamTrack>, 'microphone' | 'connectTimeoutMs' | 'disconnectTimeoutMs'> = {},
  codec = pcmu(),
): WebRtcTransport<MediaStreamTrack> {
  const session = { type: 'realtime', model: 'gpt-realtime-2.1' } as const
  const shared = { RTCPeerConnection, configuration: peerOptions(codec), ...options }
  if (!relay) return webRTC<MediaStreamTrack>({ apiKey, session, baseUrl: httpUrl, ...shared })
  return webRTC<MediaStreamTrack>({
    ...shared,
    async exchangeSdp(sdp, { signal }) {
      const body = new FormData()
      body.set('sdp', sdp)
      body.set('session', JSON.stringify(session))
      const headers = { authorization: `Bearer ${apiKey}` }
      const response = await fetch(`${httpUrl}/realtime/calls`, { method: 'POST', headers, body, signal })
      return relay.lead(await response.text())
    },
  })
}

/** A caller in Node.js. It sends RTP continuously, with silence between its speech, and records the received audio. */
export interface Caller {
  readonly emulator: Emulator
  readonly server: EmulatorServer
  readonly relay: UdpRelay | undefined
  readonly transport: WebRtcTransport<MediaStreamTrack>
  readonly session: RealtimeSession
  readonly events: ServerEvent[]
  /** Queues audio at 8 kHz. */
  speak(pcm: Int16Array): void
  /** Returns the audio that was received so far, at 8 kHz. */
  receivedAudio(): Int16Array
  hangUp(): Promise<void>
}

export async function createCaller(
  config: SessionConfig | undefined,
  options: EmulatorOptions = {},
  network?: UdpRelayOptions,
  serving: ServeOptions = {},
  codec = pcmu(),
): Promise<Caller> {
  const emulator = createEmulator({ apiKey, ...options })
  const server = await serve(emulator, serving)
  const relay = network && (await udpRelay(network))
  const track = new MediaStreamTrack({ kind: 'audio' })
  const transport = transportTo(server, relay, { microphone: track, connectTimeoutMs: 30_000 }, codec)
  const events: ServerEvent[] = []
  transport.on('message', (text) => events.push(JSON.parse(text)))
  const receivedAudio: Int16Array[] = []
  transport.on('remoteAudio', ({ track: remote }) => {
    remote.onReceiveRtp.subscribe(({ payload }) => receivedAudio.push(codec.decode(payload)))
  })

  const queue: Int16Array[] = []
  let sequenceNumber = 0
  const startMs = performance.now()
  const timer = setInterval(() => {
    const due = Math.floor((performance.now() - startMs) / 20)
    for (; sequenceNumber < due; sequenceNumber++) {
      const payload = Buffer.from(codec.encode(queue.shift() ?? new Int16Array(frame)))
      const { payloadType, clockRate } = codec.parameters
      const timestamp = (sequenceNumber * clockRate) / 50
      track.writeRtp(new RtpPacket(new RtpHeader({ payloadType, sequenceNumber, timestamp }), payload))
    }
  }, 10)

  const session = createSession({ transport, connectTimeoutMs: 60_000, ...(config ? { config } : {}) })
  return {
    emulator,
    server,
    relay,
    transport,
    session,
    events,
    speak(pcm) {
      for (let at = 0; at < pcm.length; at += frame) {
        const piece = new Int16Array(frame)
        piece.set(pcm.subarray(at, at + frame))
        queue.push(piece)
      }
    },
    receivedAudio() {
      const whole = new Int16Array(receivedAudio.reduce((sum, { length }) => sum + length, 0))
      let at = 0
      for (const piece of receivedAudio) {
        whole.set(piece, at)
        at += piece.length
      }
      return whole
    },
    async hangUp() {
      clearInterval(timer)
      await session.close().catch(() => {})
      await server.close()
      await relay?.close()
    },
  }
}

/** Returns the best correlation of `part` in `whole`, and its position. The correlation is 1 when both differ by their level only. */
export function likeness(whole: Int16Array, part: Int16Array): { readonly correlation: number; readonly at: number } {
  const norm = Math.sqrt(part.reduce((sum, x) => sum + x * x, 0))
  let best = { correlation: -1, at: -1 }
  let energy = 0
  for (let index = 0; index < part.length; index++) energy += (whole[index] ?? 0) ** 2
  for (let at = 0; at + part.length <= whole.length; at++) {
    let product = 0
    for (let index = 0; index < part.length; index++) product += (part[index] as number) * (whole[at + index] as number)
    const correlation = energy > 0 ? product / (norm * Math.sqrt(energy)) : 0
    if (correlation > best.correlation) best = { correlation, at }
    energy += (whole[at + part.length] ?? 0) ** 2 - (whole[at] as number) ** 2
  }
  return best
}
