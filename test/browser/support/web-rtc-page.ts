// Runs in the page: WebRTC calls with the microphone of the browser.
import { createSession, selectItems, type TransportClose } from 'realtime-primitives'
import { resample, toInt16 } from 'realtime-primitives/audio'
import { createMicrophone, listDevices, type Microphone } from 'realtime-primitives/browser'
import { webRTC } from 'realtime-primitives/webrtc'

interface ServerEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** A call, and what it has received so far. */
interface Call {
  readonly transport: ReturnType<typeof webRTC>
  readonly session: ReturnType<typeof createSession>
  readonly events: ServerEvent[]
  readonly closes: TransportClose[]
  readonly interruptions: { readonly by: string; readonly playedMs: number | undefined }[]
  readonly receivedAudio: Float32Array[]
  receivedRate: number
  /** The result of {@link stretchedSoFar} when the response started. */
  stretchedBefore: Promise<number>
}

export interface BeginOptions {
  readonly baseUrl: string
  readonly microphone?: 'open' | 'muted'
  /**
   * Whether the server detects the end of a turn, or the page commits it.
   * @defaultValue 'server'
   */
  readonly turns?: 'server' | 'page'
}

/** Chromium's `MediaStreamTrackProcessor`, which the DOM types lack. */
interface TrackProcessor {
  readonly readable: ReadableStream<{
    readonly sampleRate: number
    readonly numberOfFrames: number
    copyTo(target: Float32Array, options: { planeIndex: number; format: 'f32-planar' }): void
    close(): void
  }>
}
declare const MediaStreamTrackProcessor: new (options: { track: MediaStreamTrack }) => TrackProcessor

// The echo is compared with the original, so the browser must not process the audio.
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
  const started: Call = {
    ...{ transport, session, events: [], closes: [], interruptions: [], receivedAudio: [], receivedRate: 0 },
    stretchedBefore: Promise.resolve(0),
  }
  transport.on('message', (frame) => {
    const event: ServerEvent = JSON.parse(frame)
    started.events.push(event)
    if (event.type === 'output_audio_buffer.started') started.stretchedBefore = stretchedSoFar(started)
  })
  transport.on('close', (close) => started.closes.push(close))
  session.on('interrupted', ({ by, played }) => started.interruptions.push({ by, playedMs: played?.playedMs }))
  transport.on('remoteAudio', ({ track }) => void record(track, started))
  call = started
  await session.connect()
  return { callId: transport.callId, state: transport.state }
}

/** Records the audio of a remote track after the jitter buffer of the browser. */
async function record(track: MediaStreamTrack, into: Call): Promise<void> {
  if (!('MediaStreamTrackProcessor' in globalThis)) {
    const recorder = createMicrophone({ stream: new MediaStream([track]) })
    into.receivedRate = 24_000
    recorder.on('frame', ({ samples }) => into.receivedAudio.push(samples))
    into.transport.on('close', () => void recorder.stop())
    return recorder.start()
  }
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader()
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const samples = new Float32Array(next.value.numberOfFrames)
    next.value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' })
    into.receivedAudio.push(samples)
    into.receivedRate = next.value.sampleRate
    next.value.close()
  }
}

function current(): Call {
  if (!call) throw new Error('there is no call')
  return call
}

/** Returns the received audio from a piece on, at 8 kHz. */
function receivedSamples(fromPiece = 0): number[] {
  const { receivedAudio, receivedRate } = current()
  const pieces = receivedAudio.slice(fromPiece)
  const whole = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return [...toInt16(resample(whole, receivedRate, 8_000))]
}

/**
 * Returns by how many milliseconds the jitter buffer has made the received audio longer: audio that it generated or stretched, minus audio that
 * it removed.
 */
async function stretchedSoFar({ transport, receivedRate }: Call): Promise<number> {
  const { peerConnection } = transport
  if (!peerConnection || receivedRate === 0) return 0
  let samples = 0
  for (const report of (await (peerConnection as RTCPeerConnection).getStats()).values())
    if (report.type === 'inbound-rtp' && report.kind === 'audio')
      samples +=
        report.concealedSamples -
        report.silentConcealedSamples +
        report.insertedSamplesForDeceleration -
        report.removedSamplesForAcceleration
  return (samples * 1_000) / receivedRate
}

/** Returns whether audio other than silence was received. */
async function receivesAudio(): Promise<boolean> {
  const { peerConnection } = current().transport
  const reports = [...((await (peerConnection as RTCPeerConnection | undefined)?.getStats())?.values() ?? [])]
  const inbound = reports.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')
  return inbound?.totalAudioEnergy > 0
}

/** Sends the microphone for a time, commits the turn, and returns the audio that was received until the response was played. */
async function takeTurn(ms: number): Promise<number[]> {
  const { session, events, receivedAudio } = current()
  const stops = () => events.filter(({ type }) => type === 'output_audio_buffer.stopped').length
  const stopsBefore = stops()
  session.send({ type: 'input_audio_buffer.clear' })
  await wait(ms)
  session.send({ type: 'input_audio_buffer.commit' })
  const from = receivedAudio.length
  session.respond()
  while (stops() === stopsBefore) await wait(50)
  await wait(300)
  return receivedSamples(from)
}

/** Switches to the last microphone of the device list. */
async function changeDevice() {
  const before = microphone?.stream?.getAudioTracks()[0]
  const { microphones } = await listDevices()
  await microphone?.setDevice(microphones.at(-1)?.id)
  const now = microphone?.stream?.getAudioTracks()[0]
  return { before: before?.readyState, now: now?.readyState, changed: before !== now }
}

/** Replaces the microphone with a track that repeats the samples, at 48 kHz. */
async function speakWith(samples: readonly number[]): Promise<void> {
  const context = new AudioContext({ sampleRate: 48_000 })
  const source = new AudioBufferSourceNode(context, {
    buffer: new AudioBuffer({ length: samples.length, sampleRate: 48_000 }),
    loop: true,
  })
  source.buffer?.copyToChannel(Float32Array.from(samples), 0)
  const destination = context.createMediaStreamDestination()
  source.connect(destination)
  source.start()
  await current().transport.replaceTrack(destination.stream.getAudioTracks()[0] ?? null)
}

async function end(): Promise<void> {
  await call?.session.close()
  await microphone?.stop()
}

const calls = {
  begin,
  receivedSamples: () => receivedSamples(),
  takeTurn,
  receivesAudio,
  changeDevice,
  speakWith,
  stretchedMs: async () => (await stretchedSoFar(current())) - (await current().stretchedBefore),
  events: () => current().events,
  closes: () => current().closes,
  interruptions: () => current().interruptions,
  truncations: () => selectItems(current().session.getState()).map(({ truncatedAtMs }) => truncatedAtMs),
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
