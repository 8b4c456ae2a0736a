/** Globals of a page that report whether there is a network. */
export interface Page {
  readonly isOnline: boolean
  setOnline(isOnline: boolean): void
  /** Listeners that the library has left on the page. */
  readonly listeners: number
  /** Removes the globals. */
  restore(): void
}

/** Defines the globals of a page. Servers have none of them. */
export function createPage(): Page {
  const target = new EventTarget()
  const listeners = new Set<unknown>()
  let isOnline = true
  const globals: Readonly<Record<string, PropertyDescriptor>> = {
    navigator: { get: () => ({ onLine: isOnline }) },
    addEventListener: {
      value(type: string, listener: EventListener) {
        listeners.add(listener)
        target.addEventListener(type, listener)
      },
    },
    removeEventListener: {
      value(type: string, listener: EventListener) {
        listeners.delete(listener)
        target.removeEventListener(type, listener)
      },
    },
  }
  const originals = Object.keys(globals).map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  )
  for (const [name, descriptor] of Object.entries(globals))
    Object.defineProperty(globalThis, name, { ...descriptor, configurable: true })
  return {
    get isOnline() {
      return isOnline
    },
    setOnline(next) {
      if (isOnline === next) return
      isOnline = next
      target.dispatchEvent(new Event(isOnline ? 'online' : 'offline'))
    },
    get listeners() {
      return listeners.size
    },
    restore() {
      for (const [name, original] of originals)
        if (original) Object.defineProperty(globalThis, name, original)
        else Reflect.deleteProperty(globalThis, name)
    },
  }
}
