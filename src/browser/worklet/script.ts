// Script of the audio thread. It is bundled on its own, into inline.ts and into worklet.js.
import { createCapture } from './capture.js'
import { captureName, type PlaybackCommand, playbackName } from './messages.js'
import { createPlayback } from './playback.js'

/** Globals of AudioWorkletGlobalScope, which the DOM types do not declare. */
declare const sampleRate: number
declare const registerProcessor: (name: string, processor: new (options: ProcessorOptions) => Processor) => void
declare const AudioWorkletProcessor: new () => { readonly port: MessagePort }

interface ProcessorOptions {
  readonly processorOptions: Parameters<typeof createPlayback>[1]
}
interface Processor {
  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean
}

class CaptureProcessor extends AudioWorkletProcessor implements Processor {
  readonly #capture = createCapture(sampleRate)
  #isAlive = true

  constructor() {
    super()
    this.port.onmessage = () => {
      this.#isAlive = false
    }
  }

  process([input]: Float32Array[][]): boolean {
    const samples = input?.[0]
    const block = samples && this.#capture.process(samples)
    if (block) this.port.postMessage(block, [block.buffer])
    return this.#isAlive
  }
}

class PlaybackProcessor extends AudioWorkletProcessor implements Processor {
  readonly #playback

  constructor({ processorOptions }: ProcessorOptions) {
    super()
    this.#playback = createPlayback(sampleRate, processorOptions)
    this.port.onmessage = ({ data }: MessageEvent<PlaybackCommand>) => this.#playback.receive(data)
  }

  process(_: Float32Array[][], [output]: Float32Array[][]): boolean {
    const [first, ...others] = output ?? []
    if (!first) return this.#playback.isAlive
    const report = this.#playback.render(first)
    for (const other of others) other.set(first)
    if (report) this.port.postMessage(report)
    return this.#playback.isAlive
  }
}

// The script is loaded twice when a microphone and a speaker share a context.
const marker = Symbol.for('realtime-primitives')
if (!(marker in globalThis)) {
  Object.assign(globalThis, { [marker]: true })
  registerProcessor(captureName, CaptureProcessor)
  registerProcessor(playbackName, PlaybackProcessor)
}
