import { globalShortcut } from 'electron'

const accelerator = 'CommandOrControl+Shift+Space'

/** A held key repeats after up to half a second. A press that follows another one this soon is such a repeat. */
const repeatMs = 600

/** The global push-to-talk shortcut. It also works while another program has the focus. */
export interface TalkShortcut {
  /** Registers the shortcut. Returns its name for users, or `undefined` if another program uses it. */
  register(): string | undefined
  unregister(): void
}

/**
 * Creates the shortcut. `globalShortcut` reports that a key goes down, never that it goes up, so one press starts a turn and the next press
 * ends it.
 */
export function createTalkShortcut(onToggle: () => void, now: () => number = Date.now): TalkShortcut {
  let lastPressMs = Number.NEGATIVE_INFINITY

  function onPress(): void {
    const pressMs = now()
    const isRepeat = pressMs - lastPressMs < repeatMs
    lastPressMs = pressMs
    if (!isRepeat) onToggle()
  }

  return {
    register() {
      if (!globalShortcut.isRegistered(accelerator) && !globalShortcut.register(accelerator, onPress)) return undefined
      return process.platform === 'darwin' ? '⌘⇧Space' : 'Ctrl+Shift+Space'
    },
    unregister: () => globalShortcut.unregister(accelerator),
  }
}
