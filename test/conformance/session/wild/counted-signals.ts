/** Signals that know how many listen to them. */
export function countedSignals() {
  const controllers: AbortController[] = []
  let count = 0
  return {
    listeners: () => count,
    create(): AbortSignal {
      const controller = new AbortController()
      const { signal } = controller
      const listening = new Set<unknown>()
      const { addEventListener, removeEventListener } = signal
      const drop = (listener: unknown) => {
        if (listening.delete(listener)) count -= 1
      }
      signal.addEventListener = (type: string, listener: never, options: never) => {
        if (!listening.has(listener)) count += 1
        listening.add(listener)
        addEventListener.call(signal, type, listener, options)
      }
      signal.removeEventListener = (type: string, listener: never) => {
        drop(listener)
        removeEventListener.call(signal, type, listener)
      }
      // Whoever listens once has let go when it was called.
      addEventListener.call(signal, 'abort', () => [...listening].forEach(drop))
      controllers.push(controller)
      return signal
    },
    abortOne: () => controllers.shift()?.abort(new Error('given up')),
    abort: (signal: AbortSignal) =>
      controllers.find((controller) => controller.signal === signal)?.abort(new Error('given up')),
    abortLast: () => controllers.pop()?.abort(new Error('given up')),
  }
}
