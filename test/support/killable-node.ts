import type { Clock, Transport } from 'realtime-primitives'
import type { CallStore } from 'realtime-primitives/server'

/** A process in the test process. After `kill`, none of its timers fires, and nothing passes through its connections, as after `kill -9`. */
export interface KillableNode {
  readonly isDead: boolean
  readonly clock: Clock
  store(store: CallStore): CallStore
  transport(transport: Transport): Transport
  kill(): void
}

export function createKillableNode(clock: Clock): KillableNode {
  let isDead = false
  const inners: Transport[] = []
  const forever = new Promise<never>(() => {})
  /** Wraps operations of the process. After `kill`, a running operation completes, but its result is never delivered. */
  const guard = async <T>(act: () => Promise<T>): Promise<T> => {
    if (isDead) return forever
    const result = await act()
    return isDead ? forever : result
  }
  return {
    get isDead() {
      return isDead
    },
    clock: {
      now: clock.now,
      after: (delayMs, callback) =>
        clock.after(delayMs, () => {
          if (!isDead) callback()
        }),
    },
    store: (store) => ({
      read: (key) => guard(() => store.read(key)),
      compareAndSet: (key, request) => guard(() => store.compareAndSet(key, request)),
      lease: (key, request) => guard(() => store.lease(key, request)),
      list: (options) => guard(() => store.list(options)),
    }),
    transport(inner) {
      inners.push(inner)
      return Object.create(inner, {
        send: {
          value: (frame: string) => {
            if (!isDead) inner.send(frame)
          },
        },
        on: {
          value: (type: 'message', listener: (event: string) => void) =>
            inner.on(type, (event) => {
              if (!isDead) listener(event)
            }),
        },
        close: { value: async (code?: number, reason?: string) => (isDead ? undefined : inner.close(code, reason)) },
      }) as Transport
    },
    kill() {
      isDead = true
      for (const inner of inners) inner.close(1001, 'killed').catch(() => {})
    },
  }
}
