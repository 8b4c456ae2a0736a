import type { RealtimeSession } from '../../../src/session/realtime.js'
import type { Report } from '../oracle.js'

/** A session as one feature sees it, which knows what the feature has subscribed to and what it does. */
export interface WatchedSession {
  readonly session: RealtimeSession
  /** The feature was stopped. From now on it may have no listener and may do nothing, apart from what it does until `until` resolves. */
  stopped(until?: Promise<unknown>): void
}

const actions = new Set<PropertyKey>([
  'send',
  'sendRaw',
  'sendMessage',
  'respond',
  'interrupt',
  'update',
  'rotate',
  'request',
  'dispatch',
  'announceResponse',
])

/** Returns a session that behaves like another one and watches the feature that uses it. */
export function watchSession(session: RealtimeSession, feature: string, report: Report): WatchedSession {
  let listeners = 0
  let isStopped = false

  function act(name: string): void {
    if (isStopped && session.getState().status === 'open')
      report('a stopped feature does nothing', `${feature}: ${name}`)
  }

  function count(subscribe: (...args: never[]) => () => void) {
    return (...args: never[]) => {
      const off = subscribe(...args)
      let isSubscribed = true
      listeners += 1
      return () => {
        if (isSubscribed) listeners -= 1
        isSubscribed = false
        off()
      }
    }
  }

  /** Returns an object whose methods report that they are called. */
  function acting<Target extends object>(target: Target, prefix: string): Target {
    return new Proxy(target, {
      get(inner, key) {
        const member: unknown = Reflect.get(inner, key, inner)
        if (typeof member !== 'function') return member
        if (key === 'onAppend') return count(member as never)
        return (...args: unknown[]) => {
          act(`${prefix}.${String(key)}`)
          return Reflect.apply(member, inner, args)
        }
      },
    })
  }

  const items = acting(session.items, 'items')
  const audio = acting(session.audio, 'audio')
  const on = count(session.on as never)
  const subscribe = count(session.subscribe as never)

  return {
    session: new Proxy(session, {
      get(inner, key) {
        if (key === 'on') return on
        if (key === 'subscribe') return subscribe
        if (key === 'items') return items
        if (key === 'audio') return audio
        const member: unknown = Reflect.get(inner, key, inner)
        if (!actions.has(key) || typeof member !== 'function') return member
        return (...args: unknown[]) => {
          act(String(key))
          return Reflect.apply(member, inner, args)
        }
      },
    }),
    stopped(until) {
      const end = () => {
        isStopped = true
        // A wait that is aborted removes its listeners in a microtask.
        setImmediate(() => {
          if (listeners > 0 && session.getState().status !== 'closed')
            report('a stopped feature has no listener', `${feature}: ${listeners}`)
        })
      }
      if (until) void until.then(end, end)
      else end()
    },
  }
}
