import { createSubscriber } from 'svelte/reactivity'

/**
 * Makes Svelte state of whatever tells of its changes, such as a session: markup and effects that read `current` follow it. It is subscribed to
 * while something reads it, and no longer.
 *
 * ```ts
 * const state = follow(session.subscribe, session.getState)
 * ```
 */
export function follow<T>(subscribe: (update: () => void) => () => void, read: () => T): { readonly current: T } {
  const subscribed = createSubscriber(subscribe)
  return {
    get current() {
      subscribed()
      return read()
    },
  }
}
