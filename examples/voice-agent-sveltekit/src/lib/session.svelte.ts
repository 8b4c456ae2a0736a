import { createSubscriber } from 'svelte/reactivity'

/**
 * Makes an object with `subscribe` and `getState`, such as a session, reactive: markup and effects that read `current` update with it. It is
 * subscribed to only while it is read.
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
