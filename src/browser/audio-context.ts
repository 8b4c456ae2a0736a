import { deviceError } from './devices.js'
import { DeviceError } from './error.js'
import { workletSource } from './worklet/inline.js'

/** An AudioContext with the worklets loaded. */
export interface OpenContext {
  readonly context: AudioContext
  /**
   * Creates a node for one of the worklets.
   * @throws {DeviceError} `WORKLET_FAILED` when `workletUrl` loaded another script.
   */
  createNode(name: string, options: AudioWorkletNodeOptions): AudioWorkletNode
  /** Closes the context unless the app passed it. Never rejects. */
  close(): Promise<void>
}

/**
 * Creates a context at the sample rate of the hardware, or uses the given one, and loads the worklets into it.
 * @throws {DeviceError} `UNSUPPORTED`, `CONTEXT_CLOSED`, `DEVICE_BUSY`, `WORKLET_FAILED`.
 */
export async function openContext(
  device: 'microphone' | 'speaker',
  given: AudioContext | undefined,
  workletUrl: string | URL | undefined,
): Promise<OpenContext> {
  if (!given && typeof AudioContext === 'undefined') throw new DeviceError('UNSUPPORTED', { feature: 'AudioWorklet' })
  // The browser's error for a closed context does not name the cause.
  if (given?.state === 'closed') throw new DeviceError('CONTEXT_CLOSED', { device })
  const context = given ?? createContext(device)
  const close = async () => {
    if (given || context.state === 'closed') return
    // Browsers reject while the context is closing.
    await context.close().catch(() => {})
  }
  try {
    await loadWorklets(context, workletUrl)
  } catch (error) {
    await close()
    if (context.state === 'closed' && given) throw new DeviceError('CONTEXT_CLOSED', { device }, { cause: error })
    throw error
  }
  return {
    context,
    createNode(name, options) {
      try {
        return new AudioWorkletNode(context, name, options)
      } catch (cause) {
        throw workletFailed(workletUrl, cause)
      }
    },
    close,
  }
}

function createContext(device: 'microphone' | 'speaker'): AudioContext {
  try {
    return new AudioContext({ latencyHint: 'interactive' })
  } catch (cause) {
    // Browsers limit the number of contexts.
    throw deviceError(device, undefined, cause)
  }
}

async function loadWorklets(context: AudioContext, workletUrl: string | URL | undefined): Promise<void> {
  // Pages that are not served over https have AudioContext but no AudioWorklet.
  const { audioWorklet } = context as { audioWorklet?: AudioWorklet }
  if (!audioWorklet) throw new DeviceError('UNSUPPORTED', { feature: 'AudioWorklet' })
  const url =
    workletUrl === undefined
      ? URL.createObjectURL(new Blob([workletSource], { type: 'text/javascript' }))
      : String(workletUrl)
  try {
    await audioWorklet.addModule(url)
  } catch (cause) {
    throw workletFailed(workletUrl, cause)
  } finally {
    if (workletUrl === undefined) URL.revokeObjectURL(url)
  }
}

function workletFailed(workletUrl: string | URL | undefined, cause: unknown): DeviceError<'WORKLET_FAILED'> {
  return new DeviceError(
    'WORKLET_FAILED',
    { url: workletUrl === undefined ? undefined : String(workletUrl) },
    { cause },
  )
}
