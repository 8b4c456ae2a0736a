import { toBeta } from '../../migrate/to-beta.js'
import { toGA } from '../../migrate/to-ga.js'
import type { Transport } from '../../transports/transport.js'
import { wrapTransport } from '../../transports/wrap-transport.js'

/** Wraps the server side of a transport so that clients of the beta protocol can use it. */
export function betaTransport(transport: Transport): Transport {
  return wrapTransport(transport, {
    send(frame, next) {
      const event = JSON.parse(frame)
      // The beta reported each item once, with `conversation.item.created`.
      if (event.type === 'conversation.item.done') return
      const migration = toBeta(event)
      if (migration.kind !== 'events') return next(frame)
      for (const translated of migration.events) next(JSON.stringify(translated))
    },
    onMessage(frame, next) {
      for (const translated of toGAFrames(frame)) next(translated)
    },
  })
}

/** Returns the GA frames for a beta frame. What cannot be translated is returned unchanged, and the session rejects it. */
function toGAFrames(frame: string): readonly string[] {
  try {
    const migration = toGA(JSON.parse(frame))
    return migration.kind === 'events' ? migration.events.map((event) => JSON.stringify(event)) : [frame]
  } catch {
    return [frame]
  }
}
