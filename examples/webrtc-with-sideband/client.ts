import { createSession, type RealtimeSession } from 'realtime-primitives'
import { decodeMuLaw, encodeMuLaw } from 'realtime-primitives/audio'
import { type WebRtcTransport, webRTC } from 'realtime-primitives/webrtc'
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket } from 'werift'

/** A client with a microphone and a speaker. */
export interface Client {
  readonly session: RealtimeSession
  readonly transport: WebRtcTransport<MediaStreamTrack>
  /** Sends audio that is detected as speech. */
  speak(ms: number): void
  /** Duration of the audio that was played, in milliseconds, without silence. */
  readonly playedMs: number
  close(): Promise<void>
}

/** The role of a web page, in Node.js: it has the audio and a client secret, and no tools or guardrails. */
export function createClient(clientSecret: string, baseUrl: string): Client {
  const microphone = new MediaStreamTrack({ kind: 'audio' })
  const pcmu = new RTCRtpCodecParameters({ mimeType: 'audio/PCMU', clockRate: 8_000, channels: 1, payloadType: 0 })
  const transport = webRTC<MediaStreamTrack>({
    apiKey: clientSecret,
    baseUrl,
    microphone,
    RTCPeerConnection,
    configuration: {
      codecs: { audio: [pcmu], video: [] },
      bundlePolicy: 'max-bundle',
      iceServers: [],
      maxMessageSize: 262_144,
    },
  })
  let playedMs = 0
  transport.on('remoteAudio', ({ track }) => {
    track.onReceiveRtp.subscribe(({ payload }) => {
      if (decodeMuLaw(payload).some((sample) => Math.abs(sample) > 100)) playedMs += payload.length / 8
    })
  })

  const startMs = performance.now()
  let frames = 0
  let voiceUntil = 0
  const timer = setInterval(() => {
    for (; frames * 20 < performance.now() - startMs; frames++) {
      const header = new RtpHeader({ payloadType: 0, sequenceNumber: frames & 0xffff, timestamp: frames * 160 })
      const sound = frames < voiceUntil ? voice(frames) : new Int16Array(160)
      microphone.writeRtp(new RtpPacket(header, Buffer.from(encodeMuLaw(sound))))
    }
  }, 10)

  const session = createSession({ transport })
  return {
    session,
    transport,
    speak(ms) {
      voiceUntil = frames + ms / 20
    },
    get playedMs() {
      return playedMs
    },
    async close() {
      await session.close()
      clearInterval(timer)
    },
  }
}

/** 20 ms of a tone that turn detection treats as speech. */
function voice(frame: number): Int16Array {
  return Int16Array.from({ length: 160 }, (_, at) => {
    const seconds = (frame * 160 + at) / 8_000
    return 9_000 * Math.sin(2 * Math.PI * 180 * seconds) * Math.sin(Math.PI * ((seconds * 4) % 1))
  })
}
