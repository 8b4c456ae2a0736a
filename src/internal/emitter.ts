import { EventEmitter } from 'eventemitter3'

/** A typed event emitter. An error of a listener is reported to the host and does not affect other listeners. */
export interface Emitter<Events extends object> {
  on<K extends keyof Events>(type: K, listener: (event: Events[K]) => void): () => void
  emit<K extends keyof Events>(type: K, event: Events[K]): void
  listenerCount(type: keyof Events): number
  /** Removes all listeners. */
  clear(): void
}

export function createEmitter<Events extends object>(): Emitter<Events> {
  // Created for the first listener: a session has several emitters, and most of them never get one.
  let emitter: EventEmitter | undefined
  return {
    on(type, listener) {
      // One wrapper per subscription, so that a function that is subscribed twice can be unsubscribed separately.
      const guarded = (event: Parameters<typeof listener>[0]) => {
        try {
          listener(event)
        } catch (error) {
          reportToHost(error)
        }
      }
      emitter ??= new EventEmitter()
      emitter.on(type as string, guarded)
      return () => {
        emitter?.off(type as string, guarded)
      }
    },
    emit(type, event) {
      emitter?.emit(type as string, event)
    },
    listenerCount: (type) => emitter?.listenerCount(type as string) ?? 0,
    clear() {
      emitter?.removeAllListeners()
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
