import type { Clock } from '../internal/clock.js'
import { openContext } from './audio-context.js'
import { monitorContext } from './context-monitor.js'
import { deviceError } from './devices.js'
import { isDeviceError } from './error.js'
import { captureName } from './worklet/messages.js'

/** What a line is made of. */
export interface CaptureGraphOptions {
  /** Belongs to the line from now on. */
  readonly stream: MediaStream
  /** What becomes of the tracks at the end. */
  readonly atEnd: 'stop tracks' | 'leave tracks'
  readonly context: AudioContext | undefined
  readonly workletUrl: string | URL | undefined
  /** Sound arrived, mono at the rate of the context. */
  readonly onBlock: (block: Float32Array, sampleRate: number) => void
  readonly clock: Clock
  /** `isRunning`, `isClosed` or `isSystemMuted` changed. */
  readonly onChange: () => void
  /** The device is gone. */
  readonly onLost: () => void
}

/** One microphone, open, with everything that it takes. */
export interface CaptureGraph {
  readonly stream: MediaStream
  readonly track: MediaStreamTrack
  readonly isRunning: boolean
  /** Whether the context was closed by someone else. */
  readonly isClosed: boolean
  /** Whether the system or the browser keeps the audio of the track back. */
  readonly isSystemMuted: boolean
  close(): Promise<void>
}

/**
 * Connects a stream to the capture worklet. When it fails nothing is left open, the stream included.
 * @throws {@link DeviceError} UNSUPPORTED, CONTEXT_CLOSED, WORKLET_FAILED, NO_DEVICE, DEVICE_BUSY.
 */
export async function openCaptureGraph(options: CaptureGraphOptions): Promise<CaptureGraph> {
  const { stream, atEnd, onBlock, onLost } = options
  const endTracks = () => {
    if (atEnd === 'stop tracks') for (const track of stream.getTracks()) track.stop()
  }
  try {
    return await connect()
  } catch (error) {
    endTracks()
    throw isDeviceError(error) ? error : deviceError('microphone', undefined, error)
  }

  async function connect(): Promise<CaptureGraph> {
    const [track] = stream.getAudioTracks()
    if (!track) throw deviceError('microphone', undefined, { name: 'NotFoundError' })
    const { context, createNode, close } = await openContext('microphone', options.context, options.workletUrl)
    try {
      const source = context.createMediaStreamSource(stream)
      // One channel, whatever the device has; an output, since some browsers do not run what leads nowhere. It stays silent.
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
          endTracks()
          await close()
        },
      }
    } catch (error) {
      await close()
      throw error
    }
  }
}
