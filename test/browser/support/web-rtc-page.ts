// Runs in the page: calls over WebRTC with the microphone of the browser.
import { createSession, type TransportClose } from 'realtime-primitives'
import { resample, toInt16 } from 'realtime-primitives/audio'
import { webRTC } from 'realtime-primitives/webrtc'

interface Told {
  readonly type: string
  readonly [field: string]: unknown
}

/** A call that the test looks at. */
interface Call {
  readonly transport: ReturnType<typeof webRTC>
  readonly session: ReturnType<typeof createSession>
  readonly told: Told[]
  readonly closes: TransportClose[]
  readonly interruptions: { readonly by: string; readonly heardMs: number | undefined }[]
  readonly heard: Float32Array[]
  heardRate: number
}

/** What Chromium has and the types of the DOM lack. */
interface Frames {
  readonly readable: ReadableStream<{
    readonly sampleRate: number
    readonly numberOfFrames: number
    copyTo(target: Float32Array, options: { planeIndex: number; format: 'f32-planar' }): void
    close(): void
  }>
}
declare const MediaStreamTrackProcessor: new (options: { track: MediaStreamTrack }) => Frames

// What is said must come back as it was, so nothing may improve it.
const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }
let call: Call | undefined

async function begin(baseUrl: string, muted: boolean): Promise<{ callId: string | undefined; state: string }> {
  const transport = webRTC({
    key: async () => (await fetch('/key')).text(),
    baseUrl,
    microphone: () => navigator.mediaDevices.getUserMedia({ audio: plain }),
  })
  if (muted) transport.mute()
  const player = new Audio()
  player.autoplay = true
  transport.attach(player)
  const session = createSession({
    transport,
    config: {
      type: 'realtime',
      audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 300 } } },
    },
  })
  const begun: Call = { transport, session, told: [], closes: [], interruptions: [], heard: [], heardRate: 0 }
  transport.on('message', (frame) => begun.told.push(JSON.parse(frame)))
  transport.on('close', (close) => begun.closes.push(close))
  session.on('interrupted', ({ by, heard }) => begun.interruptions.push({ by, heardMs: heard?.heardMs }))
  transport.on('remoteSound', ({ track }) => void record(track, begun))
  call = begun
  await session.connect()
  return { callId: transport.callId, state: transport.state }
}

async function record(track: MediaStreamTrack, into: Call): Promise<void> {
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader()
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const samples = new Float32Array(next.value.numberOfFrames)
    next.value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' })
    into.heard.push(samples)
    into.heardRate = next.value.sampleRate
    next.value.close()
  }
}

function current(): Call {
  if (!call) throw new Error('there is no call')
  return call
}

/** What was heard so far, at 8 kHz. */
function heard(): number[] {
  const { heard, heardRate } = current()
  const whole = new Float32Array(heard.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of heard) {
    whole.set(piece, at)
    at += piece.length
  }
  return [...toInt16(resample(whole, heardRate, 8_000))]
}

const calls = {
  begin,
  heard,
  told: () => current().told,
  closes: () => current().closes,
  interruptions: () => current().interruptions,
  mute: () => current().transport.mute(),
  unmute: () => current().transport.unmute(),
  end: () => current().session.close(),
}

declare global {
  interface Window {
    calls: typeof calls
  }
}

window.calls = calls
