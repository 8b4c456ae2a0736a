import type { Clock } from '../internal/clock.js'
import { openContext } from './audio-context.js'
import { monitorContext } from './context-monitor.js'
import { deviceError } from './devices.js'
import { isDeviceError } from './error.js'
import { captureName } from './worklet/messages.js'

/** Options of {@link openCaptureGraph}. */
export interface CaptureGraphOptions {
  /** Owned by the graph from now on. */
  readonly stream: MediaStream
  /** What `close` does with the tracks. */
  readonly onClose: 'stop tracks' | 'leave tracks'
  readonly context: AudioContext | undefined
  readonly workletUrl: string | URL | undefined
  /** Called with mono audio at the sample rate of the context. */
  readonly onBlock: (block: Float32Array, sampleRate: number) => void
  readonly clock: Clock
  /** Called when `isRunning`, `isClosed`, or `isSystemMuted` changed. */
  readonly onChange: () => void
  /** Called when the track ended because its device is gone. */
  readonly onLost: () => void
}

/** An open microphone: its stream, the AudioContext, and the capture worklet. */
export interface CaptureGraph {
  readonly stream: MediaStream
  readonly track: MediaStreamTrack
  readonly isRunning: boolean
  /** Whether the context was closed by other code. */
  readonly isClosed: boolean
  /** Whether the system or the browser mutes the track. */
  readonly isSystemMuted: boolean
  close(): Promise<void>
}

/**
 * Connects a stream to the capture worklet. On failure it releases everything, including the stream.
 * @throws {DeviceError} `UNSUPPORTED`, `CONTEXT_CLOSED`, `WORKLET_FAILED`, `NO_DEVICE`, `DEVICE_BUSY`.
 */
export async function openCaptureGraph(options: CaptureGraphOptions): Promise<CaptureGraph> {
  const { stream, onClose, onBlock, onLost } = options
  const releaseTracks = () => {
    if (onClose === 'stop tracks') for (const track of stream.getTracks()) track.stop()
  }
  try {
    return await connect()
  } catch (error) {
    releaseTracks()
    throw isDeviceError(error) ? error : deviceError('microphone', undefined, error)
  }

  async function connect(): Promise<CaptureGraph> {
    const [track] = stream.getAudioTracks()
    if (!track) throw deviceError('microphone', undefined, { name: 'NotFoundError' })
    const { context, createNode, close } = await openContext('microphone', options.context, options.workletUrl)
    try {
      const source = context.createMediaStreamSource(stream)
      // One channel for every device. Some browsers only run nodes that lead to the destination; the output is silent.
      const node = createNode(captureName, { channelCount: 1, channelCountMode: 'explicit' })
      node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => onBlock(data, context.sampleRate)
      source.connect(node).connect(context.destination)
      const { clock, onChange } = options
      track.addEventListener('ended', onLost)
      track.addEventListener('mute', onChange)
      track.addEventListener('unmute', onChange)
      const monitor = monitorContext(context, { clock, onChange })
      return {
        stream,
        track,
        get isRunning() {
          return monitor.isRunning
        },
        get isClosed() {
          return context.state === 'closed'
        },
        get isSystemMuted() {
          return track.muted
        },
        async close() {
          monitor.stop()
          track.removeEventListener('ended', onLost)
          track.removeEventListener('mute', onChange)
          track.removeEventListener('unmute', onChange)
          node.port.onmessage = null
          node.port.postMessage('stop')
          node.port.close()
          source.disconnect()
          node.disconnect()
          releaseTracks()
          await close()
        },
      }
    } catch (error) {
      await close()
      throw error
    }
  }
}
