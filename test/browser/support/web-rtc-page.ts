// Runs in the page: calls over WebRTC with the microphone of the browser.
import { createSession, selectItems, type TransportClose } from 'realtime-primitives'
import { resample, toInt16 } from 'realtime-primitives/audio'
import { createMicrophone, listDevices, type Microphone } from 'realtime-primitives/browser'
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
  readonly interruptions: { readonly by: string; readonly playedMs: number | undefined }[]
  readonly heard: Float32Array[]
  heardRate: number
  /** How much longer than it was sent the sound of this call had been played when the answer began, in milliseconds. */
  stretchedBefore: Promise<number>
}

export interface BeginOptions {
  readonly baseUrl: string
  readonly microphone?: 'open' | 'muted'
  /** Who says where a turn ends. @default 'server' */
  readonly turns?: 'server' | 'page'
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
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
let call: Call | undefined
let microphone: Microphone | undefined

async function begin({ baseUrl, microphone: state = 'open', turns = 'server' }: BeginOptions) {
  microphone = createMicrophone({ constraints: plain })
  await microphone.start()
  const transport = webRTC({
    apiKey: async () => (await fetch('/key')).text(),
    baseUrl,
    microphone: () => microphone?.stream ?? new MediaStream(),
  })
  microphone.on('device', ({ track }) => void transport.replaceTrack(track))
  if (state === 'muted') transport.mute()
  const player = new Audio()
  player.autoplay = true
  transport.attach(player)
  const turn_detection = turns === 'page' ? null : ({ type: 'server_vad', silence_duration_ms: 300 } as const)
  const session = createSession({ transport, config: { type: 'realtime', audio: { input: { turn_detection } } } })
  const begun: Call = {
    ...{ transport, session, told: [], closes: [], interruptions: [], heard: [], heardRate: 0 },
    stretchedBefore: Promise.resolve(0),
  }
  transport.on('message', (frame) => {
    const event: Told = JSON.parse(frame)
    begun.told.push(event)
    if (event.type === 'output_audio_buffer.started') begun.stretchedBefore = stretchedSoFar(begun)
  })
  transport.on('close', (close) => begun.closes.push(close))
  session.on('interrupted', ({ by, played }) => begun.interruptions.push({ by, playedMs: played?.playedMs }))
  transport.on('remoteAudio', ({ track }) => void record(track, begun))
  call = begun
  await session.connect()
  return { callId: transport.callId, state: transport.state }
}

/** Notes what the browser makes of the sound that arrives. */
async function record(track: MediaStreamTrack, into: Call): Promise<void> {
  if (!('MediaStreamTrackProcessor' in globalThis)) {
    const ear = createMicrophone({ stream: new MediaStream([track]) })
    into.heardRate = 24_000
    ear.on('frame', ({ samples }) => into.heard.push(samples))
    into.transport.on('close', () => void ear.stop())
    return ear.start()
  }
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

/** What was heard so far or since a moment, at 8 kHz. */
function heard(sincePiece = 0): number[] {
  const { heard: all, heardRate } = current()
  const pieces = all.slice(sincePiece)
  const whole = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return [...toInt16(resample(whole, heardRate, 8_000))]
}

/** How much longer than it was sent the browser's jitter buffer has played what came: what it made up and drew out, less what it left out. */
async function stretchedSoFar({ transport, heardRate }: Call): Promise<number> {
  const { peerConnection } = transport
  if (!peerConnection || heardRate === 0) return 0
  let samples = 0
  for (const report of (await (peerConnection as RTCPeerConnection).getStats()).values())
    if (report.type === 'inbound-rtp' && report.kind === 'audio')
      samples +=
        report.concealedSamples -
        report.silentConcealedSamples +
        report.insertedSamplesForDeceleration -
        report.removedSamplesForAcceleration
  return (samples * 1_000) / heardRate
}

/** What has arrived of the other end's sound. */
async function received() {
  const { peerConnection } = current().transport
  const reports = [...((await (peerConnection as RTCPeerConnection | undefined)?.getStats())?.values() ?? [])]
  const sound = reports.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')
  return { isHeard: sound?.totalAudioEnergy > 0 }
}

/** Speaks for a while, ends the turn, and answers what was heard until the answer was over. */
async function takeTurn(ms: number): Promise<number[]> {
  const { session, told, heard: pieces } = current()
  const stops = () => told.filter(({ type }) => type === 'output_audio_buffer.stopped').length
  const stopsBefore = stops()
  session.send({ type: 'input_audio_buffer.clear' })
  await wait(ms)
  session.send({ type: 'input_audio_buffer.commit' })
  const from = pieces.length
  session.respond()
  while (stops() === stopsBefore) await wait(50)
  await wait(300)
  return heard(from)
}

/** Goes on with the last of the microphones. */
async function changeDevice() {
  const before = microphone?.stream?.getAudioTracks()[0]
  const { microphones } = await listDevices()
  await microphone?.setDevice(microphones.at(-1)?.id)
  const now = microphone?.stream?.getAudioTracks()[0]
  return { before: before?.readyState, now: now?.readyState, changed: before !== now }
}

/** Goes on with a track that plays a sound over and over, at 48 kHz. */
async function speakWith(samples: readonly number[]): Promise<void> {
  const context = new AudioContext({ sampleRate: 48_000 })
  const source = new AudioBufferSourceNode(context, {
    buffer: new AudioBuffer({ length: samples.length, sampleRate: 48_000 }),
    loop: true,
  })
  source.buffer?.copyToChannel(Float32Array.from(samples), 0)
  const line = context.createMediaStreamDestination()
  source.connect(line)
  source.start()
  await current().transport.replaceTrack(line.stream.getAudioTracks()[0] ?? null)
}

async function end(): Promise<void> {
  await call?.session.close()
  await microphone?.stop()
}

const calls = {
  begin,
  heard: () => heard(),
  takeTurn,
  received,
  changeDevice,
  speakWith,
  stretchedMs: async () => (await stretchedSoFar(current())) - (await current().stretchedBefore),
  told: () => current().told,
  closes: () => current().closes,
  interruptions: () => current().interruptions,
  cuts: () => selectItems(current().session.getState()).map(({ truncatedAtMs }) => truncatedAtMs),
  mute: () => current().transport.mute(),
  unmute: () => current().transport.unmute(),
  end,
}

declare global {
  interface Window {
    calls: typeof calls
  }
}

window.calls = calls
