/** A typed event emitter. An error of a listener is reported to the host and does not affect other listeners. */
export interface Emitter<Events extends object> {
  on<K extends keyof Events>(type: K, listener: (event: Events[K]) => void): () => void
  emit<K extends keyof Events>(type: K, event: Events[K]): void
  listenerCount(type: keyof Events): number
  /** Removes all listeners. */
  clear(): void
}

export function createEmitter<Events extends object>(): Emitter<Events> {
  type Listener = (event: never) => void
  // The lists are never changed, so that listeners which are added or removed while an event is emitted do not affect its emission.
  const lists = new Map<keyof Events, readonly { readonly listener: Listener }[]>()
  return {
    on(type, listener) {
      // One entry per subscription, so that a function that is subscribed twice can be unsubscribed separately.
      const entry = { listener }
      lists.set(type, [...(lists.get(type) ?? []), entry])
      return () => {
        const rest = lists.get(type)?.filter((other) => other !== entry) ?? []
        if (rest.length > 0) lists.set(type, rest)
        else lists.delete(type)
      }
    },
    emit(type, event) {
      const list = lists.get(type)
      if (list === undefined) return
      for (const { listener } of list) {
        try {
          listener(event as never)
        } catch (error) {
          reportToHost(error)
        }
      }
    },
    listenerCount: (type) => lists.get(type)?.length ?? 0,
    clear() {
      lists.clear()
    },
  }
}

/** Reports an error that no caller can receive, as the runtime reports uncaught errors. */
export function reportToHost(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error)
  else
    queueMicrotask(() => {
      throw error
    })
}
