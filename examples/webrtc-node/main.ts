// A WebRTC call without a browser: werift is the client, and the emulator plays the user's audio back.
import { createSession } from 'realtime-primitives'
import { decodeMuLaw, encodeMuLaw } from 'realtime-primitives/audio'
import { createEmulator } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { webRTC } from 'realtime-primitives/webrtc'
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket } from 'werift'

const server = await serve(createEmulator())
const microphone = new MediaStreamTrack({ kind: 'audio' })
const pcmu = new RTCRtpCodecParameters({ mimeType: 'audio/PCMU', clockRate: 8_000, channels: 1, payloadType: 0 })
const transport = webRTC<MediaStreamTrack>({
  apiKey: 'sk-any',
  session: { type: 'realtime', model: 'gpt-realtime-2.1' },
  baseUrl: server.httpUrl,
  microphone,
  RTCPeerConnection,
  configuration: {
    codecs: { audio: [pcmu], video: [] },
    bundlePolicy: 'max-bundle',
    iceServers: [],
    maxMessageSize: 262_144,
  },
})

let loudest = 0
transport.on('remoteAudio', ({ track }) => {
  track.onReceiveRtp.subscribe(({ payload }) => {
    loudest = Math.max(loudest, ...decodeMuLaw(payload).map(Math.abs))
  })
})

const session = createSession({ transport })
session.on('input_audio_buffer.speech_started', () => console.log('the server detected speech'))
session.on('output_audio_buffer.started', () => console.log('the server speaks'))
const played = session.waitFor('output_audio_buffer.stopped', { timeoutMs: 20_000 })
await session.connect()
console.log(`call ${transport.callId} is open`)

/** 20 ms of a voice-like tone for the first second, then silence. */
function frameAt(index: number): Int16Array {
  return Int16Array.from({ length: 160 }, (_, at) => {
    const seconds = (index * 160 + at) / 8_000
    return seconds < 1 ? 9_000 * Math.sin(2 * Math.PI * 180 * seconds) * Math.sin(Math.PI * ((seconds * 4) % 1)) : 0
  })
}

const startMs = performance.now()
let frames = 0
const timer = setInterval(() => {
  for (; frames * 20 < performance.now() - startMs; frames++) {
    const header = new RtpHeader({ payloadType: 0, sequenceNumber: frames, timestamp: frames * 160 })
    microphone.writeRtp(new RtpPacket(header, Buffer.from(encodeMuLaw(frameAt(frames)))))
  }
}, 10)

try {
  await played
  console.log(`received its own audio, ${loudest > 4_000 ? 'at full level' : 'too quietly'}`)
  if (loudest <= 4_000) process.exitCode = 1
} finally {
  clearInterval(timer)
  await session.close()
  await server.close()
}
