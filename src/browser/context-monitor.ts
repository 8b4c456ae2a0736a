import type { Clock } from '../internal/clock.js'

/** Options of {@link monitorContext}. */
export interface ContextMonitorOptions {
  readonly clock: Clock
  /** `isRunning` changed, or the context was closed. */
  readonly onChange: () => void
}

/** Keeps a context running while it is watched. */
export interface ContextMonitor {
  /** Whether the context renders audio: its state is `running` and its clock advances. */
  readonly isRunning: boolean
  /** Releases all listeners and the timer. */
  stop(): void
}

/** Events that browsers accept as a user gesture. Not every browser accepts each of them. */
const gestures = ['pointerup', 'touchend', 'click', 'keydown'] as const

/** How often the clock of the context is read, in milliseconds. */
const checkMs = 1_000

/** A context is frozen when its clock had the same value at this many checks after the first one. */
const maxStillChecks = 3

/** What some browsers lack, and the states that the DOM types may not list. */
type Context = Omit<AudioContext, 'state'> & { readonly state: string; suspend?: () => Promise<void> }

/**
 * Resumes a context whenever the browser allows it: at once, after each user gesture, and when the page becomes visible.
 *
 * While iOS interrupts the audio for a telephone call (`interrupted`), the context is left alone. A `resume()` at that time, followed by
 * another one on `suspended`, can leave a context that is `running` and renders nothing
 * (https://github.com/GetStream/stream-video-js/issues/2249). A context in that state is suspended and resumed.
 */
export function monitorContext(audioContext: AudioContext, { clock, onChange }: ContextMonitorOptions): ContextMonitor {
  const context = audioContext as Context
  let isFrozen = false
  let isRestarting = false
  let isStopped = false
  let lastTime = context.currentTime
  let stillChecks = 0

  function resume(): void {
    if (isRestarting || isStopped) return
    if (isFrozen) void restart()
    // The browser refuses without a gesture. The next gesture tries again.
    else if (context.state === 'suspended') void settled(() => context.resume())
  }

  async function restart(): Promise<void> {
    isRestarting = true
    await settled(() => context.suspend?.())
    if (!isStopped && context.state === 'suspended') await settled(() => context.resume())
    isRestarting = false
  }

  function setFrozen(next: boolean): void {
    if (isFrozen === next) return
    isFrozen = next
    onChange()
  }

  function check(): void {
    cancelCheck = clock.after(checkMs, check)
    const { currentTime } = context
    const isStill = context.state === 'running' && currentTime === lastTime
    stillChecks = isStill ? stillChecks + 1 : 0
    if (currentTime !== lastTime) setFrozen(false)
    lastTime = currentTime
    if (stillChecks < maxStillChecks) return
    stillChecks = 0
    setFrozen(true)
    resume()
  }

  function onStateChange(): void {
    stillChecks = 0
    resume()
    onChange()
  }

  context.addEventListener('statechange', onStateChange)
  document.addEventListener('visibilitychange', resume)
  for (const gesture of gestures) document.addEventListener(gesture, resume, { capture: true, passive: true })
  let cancelCheck = clock.after(checkMs, check)
  resume()

  return {
    get isRunning() {
      return context.state === 'running' && !isFrozen
    },
    stop() {
      isStopped = true
      cancelCheck()
      context.removeEventListener('statechange', onStateChange)
      document.removeEventListener('visibilitychange', resume)
      for (const gesture of gestures) document.removeEventListener(gesture, resume, { capture: true })
    },
  }
}

/** Waits for an operation of the browser that may be refused or absent. Never rejects. */
async function settled(operation: () => Promise<void> | undefined): Promise<void> {
  try {
    await operation()
  } catch {
    // The caller looks at the state of the context instead.
  }
}
