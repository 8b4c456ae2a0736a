import { EventEmitter } from 'eventemitter3'

/**
 * The listeners of an object, by event type. It is plain data with functions beside it, because a session has several of them, and most never
 * get a listener.
 */
export interface Listeners<Events extends object> {
  /** Created for the first listener. */
  emitter: EventEmitter | undefined
  /** The types of the events. It has no value at run time. */
  readonly events?: Events
}

export function createListeners<Events extends object>(): Listeners<Events> {
  return { emitter: undefined }
}

/** Adds a listener. Returns an unsubscribe function. An error of a listener is reported to the host and does not affect other listeners. */
export function addListener<Events extends object, K extends keyof Events>(
  listeners: Listeners<Events>,
  type: K,
  listener: (event: Events[K]) => void,
): () => void {
  // One object per subscription, so that a function that is subscribed twice can be unsubscribed separately.
  const subscription: Subscription = { listeners, listener: listener as (event: unknown) => void }
  listeners.emitter ??= new EventEmitter()
  listeners.emitter.on(type as string, callListener, subscription)
  return () => {
    listeners.emitter?.off(type as string, callListener, subscription)
  }
}

interface Subscription {
  readonly listeners: Listeners<object>
  readonly listener: (event: unknown) => void
}

/** Shared by all subscriptions, because a function for each would take more memory than everything else of a subscription. */
function callListener(this: Subscription, event: unknown): void {
  const { listeners, listener } = this
  // A listener that was called before this one has removed all, for example because it has closed the session.
  if (!listeners.emitter) return
  try {
    listener(event)
  } catch (error) {
    reportToHost(error)
  }
}

export function emit<Events extends object, K extends keyof Events>(
  { emitter }: Listeners<Events>,
  type: K,
  event: Events[K],
): void {
  emitter?.emit(type as string, event)
}

export function countListeners<Events extends object>({ emitter }: Listeners<Events>, type: keyof Events): number {
  return emitter?.listenerCount(type as string) ?? 0
}

export function removeListeners<Events extends object>(listeners: Listeners<Events>): void {
  listeners.emitter?.removeAllListeners()
  listeners.emitter = undefined
}

/** A typed event emitter. An error of a listener is reported to the host and does not affect other listeners. */
export interface Emitter<Events extends object> {
  on<K extends keyof Events>(type: K, listener: (event: Events[K]) => void): () => void
  emit<K extends keyof Events>(type: K, event: Events[K]): void
  listenerCount(type: keyof Events): number
  /** Removes all listeners. */
  clear(): void
}

export function createEmitter<Events extends object>(): Emitter<Events> {
  const listeners = createListeners<Events>()
  return {
    on: (type, listener) => addListener(listeners, type, listener),
    emit: (type, event) => emit(listeners, type, event),
    listenerCount: (type) => countListeners(listeners, type),
    clear: () => removeListeners(listeners),
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
