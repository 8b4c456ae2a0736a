import { keepAwake, openContext } from './audio-context.js'
import { deviceError } from './devices.js'
import { isDeviceError } from './error.js'
import { captureName } from './worklet/messages.js'

/** What a line is made of. */
export interface CaptureLineOptions {
  /** Belongs to the line from now on. */
  readonly stream: MediaStream
  /** What becomes of the tracks at the end. */
  readonly atEnd: 'stop tracks' | 'leave tracks'
  readonly context: AudioContext | undefined
  readonly workletUrl: string | URL | undefined
  /** Sound arrived, mono at the rate of the context. */
  readonly onBlock: (block: Float32Array, sampleRate: number) => void
  /** The context began or ceased to run. */
  readonly onChange: () => void
  /** The device is gone. */
  readonly onLost: () => void
}

/** One microphone, open, with everything that it takes. */
export interface CaptureLine {
  readonly stream: MediaStream
  readonly track: MediaStreamTrack
  readonly isRunning: boolean
  close(): Promise<void>
}

/**
 * Connects a stream to the capture worklet. When it fails nothing is left open, the stream included.
 * @throws {@link DeviceError} UNSUPPORTED, WORKLET_FAILED, NO_DEVICE, DEVICE_BUSY.
 */
export async function openCaptureLine(options: CaptureLineOptions): Promise<CaptureLine> {
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

  async function connect(): Promise<CaptureLine> {
    const [track] = stream.getAudioTracks()
    if (!track) throw deviceError('microphone', undefined, { name: 'NotFoundError' })
    const { context, createNode, close } = await openContext(options.context, options.workletUrl)
    try {
      const source = context.createMediaStreamSource(stream)
      // One channel, whatever the device has; an output, since some browsers do not run what leads nowhere. It stays silent.
      const node = createNode(captureName, { channelCount: 1, channelCountMode: 'explicit' })
      node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => onBlock(data, context.sampleRate)
      source.connect(node).connect(context.destination)
      track.addEventListener('ended', onLost)
      const sleep = keepAwake(context, options.onChange)
      return {
        stream,
        track,
        get isRunning() {
          return context.state === 'running'
        },
        async close() {
          sleep()
          track.removeEventListener('ended', onLost)
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
