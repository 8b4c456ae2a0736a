// Functions that the tests of the microphone and the speaker call in the page.
import { createSession, webSocket } from 'realtime-primitives'
import { encodeBase64, encodePcm16 } from 'realtime-primitives/audio'
import {
  captureInto,
  createMicrophone,
  createSpeaker,
  isDeviceError,
  isOutputSelectable,
  listDevices,
  type Microphone,
  playThrough,
  type Speaker,
} from 'realtime-primitives/browser'

const plain: MediaTrackConstraints = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Encodes audio for the test, as PCM16 in base64. */
function pack(pieces: readonly Float32Array[]): string {
  const whole = new Float32Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return encodeBase64(encodePcm16(whole))
}

function codeOf(error: unknown): string {
  if (!isDeviceError(error)) throw error
  return error.code
}

/** Records what a speaker plays into a node. It uses a worklet that the speaker loads when it starts, so call it after that. */
function tap(bus: AudioNode): Float32Array[] {
  const pieces: Float32Array[] = []
  const { context } = bus
  const node = new AudioWorkletNode(context, 'realtime-primitives-capture', {
    channelCount: 1,
    channelCountMode: 'explicit',
  })
  node.port.onmessage = ({ data }) => pieces.push(data)
  bus.connect(node).connect(context.destination)
  return pieces
}

interface CaptureRequest {
  readonly ms: number
  readonly contextRate?: number
  readonly workletUrl?: string
}

/** Captures the microphone for a time. */
async function capture({ ms, contextRate, workletUrl }: CaptureRequest) {
  const context = contextRate === undefined ? undefined : new AudioContext({ sampleRate: contextRate })
  const microphone = createMicrophone({
    constraints: plain,
    ...(context && { context }),
    ...(workletUrl !== undefined && { workletUrl }),
  })
  const frames: Float32Array[] = []
  microphone.on('frame', ({ samples }) => frames.push(samples))
  try {
    await microphone.start()
  } catch (error) {
    return { code: codeOf(error), audio: '', lengths: [], state: microphone.state, trackState: '' }
  }
  const track = microphone.stream?.getAudioTracks()[0]
  const { state } = microphone
  await wait(ms)
  await microphone.stop()
  await context?.close()
  const count = frames.length
  await wait(50)
  return {
    code: count === frames.length ? 'CAPTURED' : 'STILL_CAPTURES',
    audio: pack(frames),
    lengths: [...new Set(frames.map(({ length }) => length))],
    state,
    trackState: track?.readyState,
  }
}

/** Mutes before the start, unmutes, mutes, and switches the device. Returns the peak level of each period. */
async function muteAndUnmute(ms: number) {
  const microphone = createMicrophone({ constraints: plain })
  let peak = 0
  microphone.on('frame', ({ level }) => {
    peak = Math.max(peak, level.peak)
  })
  const measurePeak = async () => {
    peak = 0
    await wait(ms)
    return peak
  }
  microphone.mute()
  await microphone.start()
  const before = await measurePeak()
  microphone.unmute()
  await wait(60)
  const open = await measurePeak()
  microphone.mute()
  const after = await measurePeak()
  await microphone.setDevice((await listDevices()).microphones.at(-1)?.id)
  const onOtherDevice = await measurePeak()
  await microphone.stop()
  return { before, open, after, onOtherDevice }
}

/** Switches to each microphone in turn while it captures. */
async function changeDevices() {
  const microphone = createMicrophone({ constraints: plain })
  let frames = 0
  microphone.on('frame', () => frames++)
  const used: (string | undefined)[] = []
  const tracks: MediaStreamTrack[] = []
  microphone.on('device', ({ deviceId, track }) => {
    used.push(deviceId)
    tracks.push(track)
  })
  await microphone.start()
  const ids = (await listDevices()).microphones.map(({ id }) => id)
  /** Waits for a number of frames, at most ten seconds, and returns how many arrived. */
  async function countFrames(wanted: number): Promise<number> {
    frames = 0
    for (let waitedMs = 0; frames < wanted && waitedMs < 10_000; waitedMs += 20) await wait(20)
    return frames
  }
  const framesPerDevice: number[] = []
  for (const id of ids) {
    await microphone.setDevice(id)
    framesPerDevice.push(await countFrames(6))
  }
  const unknown = await microphone.setDevice('no-such-device').then(() => 'CHANGED', codeOf)
  const stillCaptures = (await countFrames(1)) > 0
  const live = tracks.map(({ readyState }) => readyState)
  await microphone.stop()
  return { ids, used: used.slice(1), framesPerDevice, unknown, stillCaptures, live, ended: tracks.at(-1)?.readyState }
}

interface ConverseRequest {
  readonly baseUrl: string
  readonly apiKey: string
  readonly contextRate: number
  /** Audio format of both directions. */
  readonly format?: 'audio/pcm' | 'audio/pcmu'
  readonly connectAfterMs?: number
}

function contextWithBus(sampleRate: number) {
  const context = new AudioContext({ sampleRate })
  return { context, bus: context.createGain() }
}

async function release(microphone: Microphone, speaker: Speaker, ...contexts: AudioContext[]): Promise<string[]> {
  await microphone.stop()
  await speaker.stop()
  for (const context of contexts) await context.close()
  return [microphone.state, speaker.state]
}

/** Sends a spoken turn of the fake microphone, and plays its echo. Returns what the microphone captured and what the speaker played. */
async function converse({ baseUrl, apiKey, contextRate, format = 'audio/pcm', connectAfterMs = 0 }: ConverseRequest) {
  const wire = format === 'audio/pcm' ? ({ type: format, rate: 24_000 } as const) : ({ type: format } as const)
  const turn_detection = { type: 'server_vad', silence_duration_ms: 300 } as const
  const session = createSession({
    transport: webSocket({ baseUrl, apiKey, model: 'gpt-realtime-2.1' }),
    config: { audio: { input: { format: wire, turn_detection }, output: { format: wire } } },
  })
  const input = new AudioContext({ sampleRate: contextRate })
  const { context, bus } = contextWithBus(contextRate)
  const microphone = createMicrophone({ constraints: plain, context: input })
  const speaker = createSpeaker({ output: bus })
  await speaker.start()
  const played = tap(bus)
  const frames: Float32Array[] = []
  let stalls = 0
  microphone.on('frame', ({ samples }) => frames.push(samples))
  speaker.on('stalled', () => stalls++)
  playThrough(session, speaker)
  captureInto(session, microphone)
  const finished = new Promise<string>((resolve) => {
    session.on('response', async (response) => {
      const { status } = await response.done
      // The next turn would interrupt this response.
      microphone.mute()
      if (!speaker.isPlaying) resolve(status)
      else speaker.on('playing', (isPlaying) => !isPlaying && resolve(status))
    })
  })
  await microphone.start()
  await wait(connectAfterMs)
  const waited = frames.length
  await session.connect()
  const status = await finished
  const item = session.getState().responses.order.at(-1)
  const itemId = session.getState().responses.byId[item ?? '']?.output[0]?.id ?? ''
  const [progress] = session.playback.progress(itemId)
  await session.close()
  const states = await release(microphone, speaker, input, context)
  return { status, waited, stalls, progress, states, sent: pack(frames), played: pack(played) }
}

/** Sends the microphone for a time and requests a response. Returns what the microphone captured and what the speaker played. */
async function recite({ baseUrl, apiKey, contextRate, ms }: ConverseRequest & { readonly ms: number }) {
  const session = createSession({
    transport: webSocket({ baseUrl, apiKey, model: 'gpt-realtime-2.1' }),
    config: { audio: { input: { turn_detection: null } } },
  })
  const { context, bus } = contextWithBus(contextRate)
  const microphone = createMicrophone({ constraints: plain })
  const speaker = createSpeaker({ output: bus })
  await speaker.start()
  const played = tap(bus)
  const frames: Float32Array[] = []
  let stalls = 0
  microphone.on('frame', ({ samples }) => frames.push(samples))
  speaker.on('stalled', () => stalls++)
  playThrough(session, speaker)
  captureInto(session, microphone)
  await Promise.all([microphone.start(), session.connect()])
  await wait(ms)
  microphone.mute()
  session.audio.commit()
  const silent = new Promise<void>((resolve) => speaker.on('playing', (isPlaying) => !isPlaying && resolve()))
  const { status } = await session.respond().done
  await silent
  await session.close()
  await release(microphone, speaker, context)
  return { status, stalls, sent: pack(frames), played: pack(played) }
}

/** Interrupts a long response by speech of the fake microphone. */
async function bargeIn({ baseUrl, apiKey, contextRate }: ConverseRequest) {
  const session = createSession({
    transport: webSocket({ baseUrl, apiKey, model: 'gpt-realtime-2.1' }),
    config: { audio: { input: { turn_detection: { type: 'server_vad' } } } },
  })
  const { context, bus } = contextWithBus(contextRate)
  const microphone = createMicrophone({ constraints: plain })
  const speaker = createSpeaker({ output: bus })
  await speaker.start()
  const played = tap(bus)
  playThrough(session, speaker)
  captureInto(session, microphone)
  await session.connect()
  const truncated = session.waitFor('conversation.item.truncated', { timeoutMs: 30_000 })
  const interrupted = new Promise<number | undefined>((resolve) => {
    session.on('interrupted', ({ played }) => resolve(played?.playedMs))
  })
  session.respond()
  await session.waitFor('response.output_audio.delta', { timeoutMs: 20_000 })
  await microphone.start()
  const playedMs = await interrupted
  const latencyMs = 1_000 * (context.baseLatency + context.outputLatency)
  const { audio_end_ms: truncatedMs } = await truncated
  microphone.mute()
  await wait(300)
  const isPlaying = speaker.isPlaying
  await session.close()
  await release(microphone, speaker, context)
  return { playedMs, truncatedMs, latencyMs, isPlaying, played: pack(played) }
}

let speaker: Speaker | undefined
const states: string[] = []

/** Starts a speaker. Without a user gesture before, it stays locked. */
async function startSpeaker(workletUrl?: string) {
  speaker = createSpeaker(workletUrl === undefined ? {} : { workletUrl })
  speaker.on('state', (state) => states.push(state))
  try {
    await speaker.start()
  } catch (error) {
    return codeOf(error)
  }
  return speaker.state
}

/** Plays half a second of a tone through the speaker, and returns the played duration. */
async function playTone() {
  if (!speaker) throw new Error('no speaker was started')
  const tone = Float32Array.from({ length: 12_000 }, (_, index) => 0.3 * Math.sin((2 * Math.PI * 440 * index) / 24_000))
  let ms = 0
  speaker.on('played', (played) => {
    ms += played.ms
  })
  const silent = new Promise((resolve) => speaker?.on('playing', (isPlaying) => !isPlaying && resolve(undefined)))
  speaker.enqueue(tone)
  speaker.end()
  await silent
  return { ms, states }
}

/** Switches a speaker to the default device, and to one that does not exist. */
async function chooseOutput() {
  const output = createSpeaker()
  await output.start()
  const known = await output.setDevice('').then(() => 'CHANGED', codeOf)
  const unknown = await output.setDevice('no-such-device').then(() => 'CHANGED', codeOf)
  await output.stop()
  return { isSelectable: isOutputSelectable(), known, unknown }
}

/** Stops a microphone while it starts, and returns the states of its tracks. */
async function stopWhileStarting() {
  const opened: MediaStreamTrack[] = []
  const { getUserMedia } = navigator.mediaDevices
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia.call(navigator.mediaDevices, constraints)
    opened.push(...stream.getTracks())
    return stream
  }
  const microphone = createMicrophone()
  const code = microphone.start().then(() => 'STARTED', codeOf)
  await microphone.stop()
  const answer = await code
  await wait(500)
  return { code: answer, open: opened.map(({ readyState }) => readyState) }
}

const audio = {
  capture,
  muteAndUnmute,
  changeDevices,
  converse,
  recite,
  bargeIn,
  startSpeaker,
  playTone,
  chooseOutput,
  stopWhileStarting,
}

declare global {
  interface Window {
    audio: typeof audio
  }
}

window.audio = audio

// biome-ignore lint/suspicious/noConsole: the test reads the state from the console, because `page.evaluate()` counts as a user gesture
if (location.hash === '#untouched') startSpeaker().then(console.info)
