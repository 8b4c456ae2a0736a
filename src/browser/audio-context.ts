import { DeviceError } from './error.js'
import { workletSource } from './worklet/inline.js'

/** A context that has the worklets, and how to let go of it. */
export interface OpenContext {
  readonly context: AudioContext
  /**
   * Makes a node for one of the worklets.
   * @throws {@link DeviceError} WORKLET_FAILED when the script that was loaded is another one.
   */
  createNode(name: string, options: AudioWorkletNodeOptions): AudioWorkletNode
  /** Closes the context, unless it came from outside. */
  close(): Promise<void>
}

/**
 * Makes a context at the rate of the hardware, or takes a given one, and loads the worklets into it.
 * @throws {@link DeviceError} UNSUPPORTED, WORKLET_FAILED.
 */
export async function openContext(
  given: AudioContext | undefined,
  workletUrl: string | URL | undefined,
): Promise<OpenContext> {
  if (!given && typeof AudioContext === 'undefined') throw new DeviceError('UNSUPPORTED', { feature: 'AudioWorklet' })
  const context = given ?? new AudioContext({ latencyHint: 'interactive' })
  const close = async () => {
    if (!given && context.state !== 'closed') await context.close()
  }
  try {
    await loadWorklets(context, workletUrl)
  } catch (error) {
    await close()
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

async function loadWorklets(context: AudioContext, workletUrl: string | URL | undefined): Promise<void> {
  // Pages that are not served over https have contexts and no worklets.
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

/** What browsers count as a gesture; not all of them count all of these. */
const gestures = ['pointerup', 'touchend', 'click', 'keydown'] as const

/**
 * Wakes a context whenever it may be woken: at once, after each gesture of the user, and when the page is shown again. Tells each change
 * of its state. The answer ends it.
 */
export function keepAwake(context: AudioContext, onChange: () => void): () => void {
  const wake = () => {
    if (context.state === 'running' || context.state === 'closed') return
    context.resume().catch(() => {
      // Not allowed yet: the next gesture tries again.
    })
  }
  const onStateChange = () => {
    wake()
    onChange()
  }
  context.addEventListener('statechange', onStateChange)
  document.addEventListener('visibilitychange', wake)
  for (const gesture of gestures) document.addEventListener(gesture, wake, { capture: true, passive: true })
  wake()
  return () => {
    context.removeEventListener('statechange', onStateChange)
    document.removeEventListener('visibilitychange', wake)
    for (const gesture of gestures) document.removeEventListener(gesture, wake, { capture: true })
  }
}
