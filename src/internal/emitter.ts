/** A typed event emitter. An error of a listener is reported to the host and does not affect other listeners. */
export interface Emitter<Events extends object> {
  on<K extends keyof Events>(type: K, listener: (event: Events[K]) => void): () => void
  emit<K extends keyof Events>(type: K, event: Events[K]): void
  listenerCount(type: keyof Events): number
  /** Removes all listeners. */
  clear(): void
}

/** One call of `on`. A function that is subscribed twice has two, so that each can be unsubscribed separately. */
interface Subscription {
  readonly listener: (event: never) => void
}

export function createEmitter<Events extends object>(): Emitter<Events> {
  // Created for the first listener: a session has several emitters, and most of them never get one. Each change replaces a list, so `emit`
  // calls the listeners that were subscribed when it started.
  let byType: Map<keyof Events, readonly Subscription[]> | undefined
  return {
    on(type, listener) {
      const subscription = { listener }
      byType ??= new Map()
      byType.set(type, [...(byType.get(type) ?? []), subscription])
      return () => {
        const others = byType?.get(type)?.filter((other) => other !== subscription)
        if (others?.length) byType?.set(type, others)
        else byType?.delete(type)
      }
    },
    emit(type, event) {
      const subscriptions = byType?.get(type)
      if (subscriptions === undefined) return
      for (const { listener } of subscriptions) {
        try {
          listener(event as never)
        } catch (error) {
          reportToHost(error)
        }
      }
    },
    listenerCount: (type) => byType?.get(type)?.length ?? 0,
    clear() {
      byType = undefined
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
