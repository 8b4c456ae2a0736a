import type { Clock } from '../internal/clock.js'
import { openContext } from './audio-context.js'
import { monitorContext } from './context-monitor.js'
import { DeviceError } from './error.js'
import { type PlaybackCommand, type PlaybackOptions, type PlaybackReport, playbackName } from './worklet/messages.js'

/** What a line is made of. */
export interface PlaybackGraphOptions extends PlaybackOptions {
  readonly volume: number
  readonly output: AudioNode | undefined
  readonly workletUrl: string | URL | undefined
  /** `isIdle` of the report is true only when nothing is on its way to the processor either. */
  readonly onReport: (report: PlaybackReport, sampleRate: number) => void
  readonly clock: Clock
  /** `isRunning` or `isClosed` changed. */
  readonly onChange: () => void
}

/** An open way to the loudspeaker, with everything that it takes. */
export interface PlaybackGraph {
  readonly sampleRate: number
  readonly isRunning: boolean
  /** Whether the context was closed by someone else. */
  readonly isClosed: boolean
  /** The samples of a `push` belong to the line from now on. */
  send(command: PlaybackCommand): void
  setVolume(volume: number): void
  /** @throws {DeviceError} UNSUPPORTED; otherwise what the browser throws. */
  setSink(deviceId: string): Promise<void>
  close(): Promise<void>
}

/** A change of the volume takes about so long, in seconds, that it does not click. */
const volumeSeconds = 0.015

/** A smaller change of the latency nobody needs to know, in seconds. */
const latencyStep = 0.005

/** What not every browser has. */
type Sinkable = AudioContext & { setSinkId?: (sinkId: string) => Promise<void> }

/**
 * Opens a context with the playback worklet. When it fails nothing is left open.
 * @throws {@link DeviceError} UNSUPPORTED, CONTEXT_CLOSED, DEVICE_BUSY, WORKLET_FAILED.
 */
export async function openPlaybackGraph(options: PlaybackGraphOptions): Promise<PlaybackGraph> {
  const { output, startMs, maxStartMs, fadeMs, onReport } = options
  const { context, createNode, close } = await openContext(
    'speaker',
    output?.context as AudioContext | undefined,
    options.workletUrl,
  )
  try {
    const processorOptions: PlaybackOptions = { startMs, maxStartMs, fadeMs }
    const node = createNode(playbackName, {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions,
    })
    const gain = context.createGain()
    gain.gain.value = options.volume
    node.connect(gain).connect(output ?? context.destination)
    let latency = 0
    let pushes = 0

    function send(command: PlaybackCommand): void {
      if (command.type !== 'push') node.port.postMessage(command)
      else if (command.samples.length > 0) {
        pushes++
        node.port.postMessage(command, [command.samples.buffer])
      }
    }

    /** The way to the ear may become longer or shorter at any time, for instance with wireless headphones. */
    function followLatency(): void {
      const seconds = (context.baseLatency || 0) + (context.outputLatency || 0)
      if (Math.abs(seconds - latency) < latencyStep) return
      latency = seconds
      send({ type: 'latency', seconds })
    }

    node.port.onmessage = ({ data }: MessageEvent<PlaybackReport>) => {
      followLatency()
      onReport({ ...data, isIdle: data.isIdle && data.pushes === pushes }, context.sampleRate)
    }
    followLatency()
    const monitor = monitorContext(context, { clock: options.clock, onChange: options.onChange })
    return {
      sampleRate: context.sampleRate,
      get isRunning() {
        return monitor.isRunning
      },
      get isClosed() {
        return context.state === 'closed'
      },
      send,
      setVolume(volume) {
        gain.gain.setTargetAtTime(volume, context.currentTime, volumeSeconds)
      },
      async setSink(deviceId) {
        const sinkable: Sinkable = context
        if (!sinkable.setSinkId) throw new DeviceError('UNSUPPORTED', { feature: 'setSinkId' })
        await sinkable.setSinkId(deviceId)
      },
      async close() {
        monitor.stop()
        node.port.onmessage = null
        send({ type: 'stop' })
        node.port.close()
        node.disconnect()
        gain.disconnect()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}
