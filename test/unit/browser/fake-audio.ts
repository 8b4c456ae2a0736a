import { vi } from 'vitest'
import { type Capture, createCapture } from '../../../src/browser/worklet/capture.js'
import { captureName, type PlaybackCommand, type PlaybackOptions } from '../../../src/browser/worklet/messages.js'
import { createPlayback, type Playback } from '../../../src/browser/worklet/playback.js'

/** An event target that knows how many listen to it. */
class CountedTarget extends EventTarget {
  listeners = 0
  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    this.listeners++
    super.addEventListener(...args)
  }
  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
    this.listeners--
    super.removeEventListener(...args)
  }
}

export class FakeTrack extends CountedTarget {
  readonly kind = 'audio'
  readyState: 'live' | 'ended' = 'live'
  enabled = true
  muted = false
  readonly id: string
  constructor(id: string) {
    super()
    this.id = id
  }
  readonly label = 'Fake'
  getSettings = () => ({ deviceId: this.id })
  stop(): void {
    this.readyState = 'ended'
  }
  /** The system mutes the device, or ends that. */
  setMuted(muted: boolean): void {
    this.muted = muted
    this.dispatchEvent(new Event(muted ? 'mute' : 'unmute'))
  }
  /** The device is pulled out. */
  lose(): void {
    this.readyState = 'ended'
    this.dispatchEvent(new Event('ended'))
  }
}

export class FakeContext extends CountedTarget {
  state: AudioContextState = 'running'
  sampleRate: number
  baseLatency = 0
  outputLatency = 0
  destination = { context: this }
  nodes: FakeWorkletNode[] = []
  gains: { gain: { value: number; setTargetAtTime: (value: number) => void } }[] = []
  audioWorklet: { addModule: (url: string) => Promise<void> } | undefined
  currentTime = 0
  constructor(options: { sampleRate?: number } = {}) {
    super()
    this.sampleRate = options.sampleRate ?? fake.hardwareRate
    this.state = fake.autoplay === 'allowed' ? 'running' : 'suspended'
    this.audioWorklet = fake.hasWorklets ? { addModule: (url) => fake.addModule(url) } : undefined
    fake.contexts.push(this)
  }
  setState(state: AudioContextState): void {
    this.state = state
    this.dispatchEvent(new Event('statechange'))
  }
  /** What was called, and in which state. */
  readonly calls: string[] = []
  async suspend(): Promise<void> {
    this.calls.push(`suspend while ${this.state}`)
    this.setState('suspended')
  }
  async resume(): Promise<void> {
    this.calls.push(`resume while ${this.state}`)
    if (fake.autoplay === 'blocked') throw new DOMException('not now', 'NotAllowedError')
    if (this.state === 'suspended') this.setState('running')
  }
  async close(): Promise<void> {
    if (this.state === 'closed') throw new DOMException('it is closed', 'InvalidStateError')
    this.setState('closed')
  }
  createMediaStreamSource = () => node()
  createAnalyser() {
    const analyser = {
      ...node(),
      fftSize: 0,
      isConnected: true,
      getFloatTimeDomainData: (samples: Float32Array) => void samples.fill(fake.streamValue),
      disconnect() {
        analyser.isConnected = false
      },
    }
    this.analysers.push(analyser)
    return analyser
  }
  analysers: { fftSize: number; isConnected: boolean }[] = []
  createGain() {
    const gain = {
      value: 1,
      setTargetAtTime(value: number) {
        gain.value = value
      },
    }
    const made = { ...node(), gain }
    this.gains.push(made)
    return made
  }
}

function node() {
  return { connect: <T>(next: T) => next, disconnect: () => {} }
}

/** A worklet node whose processor runs here, when it is told to. */
class FakeWorkletNode {
  readonly context: FakeContext
  readonly playback: Playback | undefined
  readonly capture: Capture | undefined
  isClosed = false
  readonly port = {
    onmessage: null as ((event: { data: unknown }) => void) | null,
    postMessage: (message: PlaybackCommand) => this.playback?.receive(message),
    close: () => {
      this.isClosed = true
    },
  }
  connect = <T>(next: T) => next
  disconnect = () => {}
  constructor(context: FakeContext, name: string, options: { processorOptions?: PlaybackOptions }) {
    this.context = context
    if (fake.registers === 'nothing') throw new DOMException('unknown name', 'InvalidStateError')
    if (name === captureName) this.capture = createCapture(context.sampleRate)
    else this.playback = createPlayback(context.sampleRate, options.processorOptions as PlaybackOptions)
    context.nodes.push(this)
  }
  /** The device hears so many samples of one value. */
  captureSamples(count: number, value: number): void {
    for (let at = 0; at < count; at += 128) {
      const block = this.capture?.process(new Float32Array(Math.min(128, count - at)).fill(value))
      if (block) this.port.onmessage?.({ data: block })
    }
  }
  /** The loudspeaker takes so much. */
  play(ms: number): Float32Array {
    const quanta = Math.round((ms * this.context.sampleRate) / 1000 / 128)
    const sound = new Float32Array(128 * quanta)
    for (let quantum = 0; quantum < quanta; quantum++) {
      const report = this.playback?.render(sound.subarray(128 * quantum, 128 * (quantum + 1)))
      if (report) this.port.onmessage?.({ data: report })
    }
    return sound
  }
}

/** What the tests say of the browser, and see in it. */
export const fake = {
  hardwareRate: 48_000,
  autoplay: 'allowed' as 'allowed' | 'blocked' | 'on gesture',
  hasWorklets: true,
  registers: 'processors' as 'processors' | 'nothing',
  addModule: async (_url: string): Promise<void> => {},
  getUserMedia: async (_constraints: MediaStreamConstraints): Promise<unknown> => streamOf(new FakeTrack('default')),
  /** What analysers measure. */
  streamValue: 0,
  contexts: [] as FakeContext[],
  tracks: [] as FakeTrack[],
  asked: [] as MediaTrackConstraints[],
  document: new CountedTarget(),
  mediaDevices: new CountedTarget(),
}

export function streamOf(track: FakeTrack) {
  fake.tracks.push(track)
  return { getTracks: () => [track], getAudioTracks: () => [track] }
}

const original = { ...fake }

/** Puts a browser's globals in place; `vi.unstubAllGlobals()` takes them away. */
export function installFakeAudio(): void {
  Object.assign(fake, original, {
    contexts: [],
    tracks: [],
    asked: [],
    document: new CountedTarget(),
    mediaDevices: new CountedTarget(),
  })
  vi.stubGlobal('AudioContext', FakeContext)
  vi.stubGlobal('AudioWorkletNode', FakeWorkletNode)
  vi.stubGlobal('document', fake.document)
  vi.stubGlobal('navigator', {
    mediaDevices: Object.assign(fake.mediaDevices, {
      getUserMedia: (constraints: { audio: MediaTrackConstraints }) => {
        fake.asked.push(constraints.audio)
        return fake.getUserMedia(constraints)
      },
    }),
  })
}

/** The one context, and its one node. */
export const theContext = () => fake.contexts.at(-1) as FakeContext
export const theNode = () => theContext().nodes[0] as FakeWorkletNode

/** Whatever listens to the browser in all. */
export const listenerCount = () =>
  [fake.document, fake.mediaDevices, ...fake.contexts, ...fake.tracks].reduce(
    (sum, { listeners }) => sum + listeners,
    0,
  )
