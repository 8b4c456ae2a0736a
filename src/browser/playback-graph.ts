import type { Clock } from '../internal/clock.js'
import { openContext } from './audio-context.js'
import { monitorContext } from './context-monitor.js'
import { DeviceError } from './error.js'
import { type PlaybackCommand, type PlaybackOptions, type PlaybackReport, playbackName } from './worklet/messages.js'

/** Options of {@link openPlaybackGraph}. */
export interface PlaybackGraphOptions extends PlaybackOptions {
  readonly volume: number
  readonly output: AudioNode | undefined
  readonly workletUrl: string | URL | undefined
  /** Called with each report. `isIdle` is true only when no `push` is on its way to the processor either. */
  readonly onReport: (report: PlaybackReport, sampleRate: number) => void
  readonly clock: Clock
  /** Called when `isRunning` or `isClosed` changed. */
  readonly onChange: () => void
}

/** An open output: the AudioContext, the playback worklet, and the gain node. */
export interface PlaybackGraph {
  readonly sampleRate: number
  readonly isRunning: boolean
  /** Whether the context was closed by other code. */
  readonly isClosed: boolean
  /** Sends a command to the processor. The buffer of a `push` is transferred. */
  send(command: PlaybackCommand): void
  setVolume(volume: number): void
  /** @throws {DeviceError} `UNSUPPORTED`. Errors of the browser are passed on. */
  setSink(deviceId: string): Promise<void>
  close(): Promise<void>
}

/** Time constant of volume changes in seconds. It prevents clicks. */
const volumeSeconds = 0.015

/** Smallest change of the output latency that is sent to the processor, in seconds. */
const latencyStep = 0.005

/** Not every browser has `setSinkId`. */
type Sinkable = AudioContext & { setSinkId?: (sinkId: string) => Promise<void> }

/**
 * Opens a context with the playback worklet. On failure it releases everything.
 * @throws {DeviceError} `UNSUPPORTED`, `CONTEXT_CLOSED`, `DEVICE_BUSY`, `WORKLET_FAILED`.
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

    /** The output latency changes at any time, for example with wireless headphones. */
    function updateLatency(): void {
      const seconds = (context.baseLatency || 0) + (context.outputLatency || 0)
      if (Math.abs(seconds - latency) < latencyStep) return
      latency = seconds
      send({ type: 'latency', seconds })
    }

    node.port.onmessage = ({ data }: MessageEvent<PlaybackReport>) => {
      updateLatency()
      onReport({ ...data, isIdle: data.isIdle && data.pushes === pushes }, context.sampleRate)
    }
    updateLatency()
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
