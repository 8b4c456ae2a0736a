import { isRealtimeError } from '../errors.js'
import { createDebugLog, type DebugLog, type DebugOptions } from './debug/debug-log.js'
import type { Transport } from './transport.js'
import { wrapTransport } from './wrap-transport.js'

/**
 * Wraps a transport so that it logs connections and frames under `realtime-primitives:transport`. Credentials and audio are removed, and text
 * is replaced by its length. Returns the transport itself when the namespace is not enabled.
 *
 * @example
 * ```ts
 * // DEBUG=realtime-primitives:* node agent.js
 * const session = createSession({ transport: logging(reconnecting(webSocket({ apiKey, model: 'gpt-realtime-2.1' }))) })
 * ```
 */
export function logging<Inner extends Transport>(transport: Inner, options: DebugOptions = {}): Inner {
  const log = createDebugLog(options)
  if (!log.isAreaEnabled('transport')) return transport
  const write = (message: string, data?: unknown) => log.write('transport', message, data)
  return wrapTransport(transport, {
    async open(next, signal) {
      write('opening')
      try {
        await next(signal)
      } catch (error) {
        write('failed to open', describeError(error))
        throw error
      }
    },
    send(frame, next) {
      next(frame)
      writeFrame(log, 'sent', frame)
    },
    onOpen(next) {
      write('open')
      next()
    },
    onMessage(frame, next) {
      writeFrame(log, 'received', frame)
      next(frame)
    },
    onReconnecting(event, next) {
      const { attempt, delayMs, cause } = event
      const details = 'wasClean' in cause ? closeOf(cause) : describeError(cause)
      write(`attempt ${attempt} in ${Math.round(delayMs)} ms`, details)
      next(event)
    },
    onClose(close, next) {
      write('closed', closeOf(close))
      next(close)
    },
  })
}

function writeFrame(log: DebugLog, verb: string, frame: string): void {
  let event: unknown
  try {
    event = JSON.parse(frame)
  } catch {
    log.write('transport', `${verb} a frame that is not JSON`, { length: frame.length })
    return
  }
  log.write('transport', `${verb} ${typeOf(event)}`, event)
}

/** Returns the type of an event, unless it is no plain name. */
function typeOf(event: unknown): string {
  const type = (event as { type?: unknown } | null)?.type
  return typeof type === 'string' && /^[\w.]{1,100}$/.test(type) ? type : 'a frame without a type'
}

function closeOf({ code, reason, wasClean }: { code: number; reason: string; wasClean: boolean }): object {
  return { type: 'close', code, reason, wasClean }
}

/** Returns the code of an error. Messages of other packages may contain secrets. */
function describeError(error: unknown): object {
  if (isRealtimeError(error)) return { name: error.name, code: error.code }
  return { name: error instanceof Error ? error.name : typeof error }
}
