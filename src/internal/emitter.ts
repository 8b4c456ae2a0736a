import { EventEmitter } from 'eventemitter3'

/** A typed emitter whose listeners cannot harm each other: what one throws is reported to the host, never to the next. */
export interface Emitter<Events extends object> {
  on<K extends keyof Events>(type: K, listener: (event: Events[K]) => void): () => void
  emit<K extends keyof Events>(type: K, event: Events[K]): void
  listenerCount(type: keyof Events): number
  /** Drops every listener; later `emit`s reach nobody. */
  clear(): void
}

export function createEmitter<Events extends object>(): Emitter<Events> {
  const emitter = new EventEmitter()
  return {
    on(type, listener) {
      // A wrapper per registration: the same function registered twice is two registrations, each undone alone.
      const guarded = (event: Parameters<typeof listener>[0]) => {
        try {
          listener(event)
        } catch (error) {
          reportToHost(error)
        }
      }
      emitter.on(type as string, guarded)
      return () => {
        emitter.off(type as string, guarded)
      }
    },
    emit(type, event) {
      emitter.emit(type as string, event)
    },
    listenerCount: (type) => emitter.listenerCount(type as string),
    clear() {
      emitter.removeAllListeners()
    },
  }
}

/** Hands an error that no caller can receive to the runtime's own reporting, where an uncaught error belongs. */
export function reportToHost(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error)
  else
    queueMicrotask(() => {
      throw error
    })
}
