import { reportToHost } from '../internal/emitter.js'
import type { Transport } from '../transports/transport.js'
import { wrapTransport } from '../transports/wrap-transport.js'
import { isJson, type Json } from './json.js'
import type { Dropped, Migration } from './migration.js'

/** Parts of an event that were lost in translation. */
export interface Loss {
  /** Sender of the event. */
  readonly direction: 'client' | 'server'
  /** Type of the event. */
  readonly type: string
  /** Dropped values. Empty when the whole event has no equivalent. */
  readonly dropped: readonly Dropped[]
  /** Why the whole event has no equivalent. */
  readonly error?: Error
}

/** Options of `beta` and `fromBeta`. */
export interface TranslationOptions {
  /**
   * Called for each event that was not translated completely. It receives the original values, which may be private.
   * @defaultValue losses are not reported
   */
  onLoss?: (loss: Loss) => void
}

type Translate = (event: Json) => Migration<{ readonly type: string }>

/** Translation between two dialects. */
export interface Translation extends TranslationOptions {
  readonly outgoing: Translate
  readonly incoming: Translate
  /** Returns whether a received event without an equivalent is delivered unchanged. */
  readonly forwardsUntranslatable: (event: Json) => boolean
}

/** Wraps a transport and translates its events. Frames that are not events pass unchanged. */
export function createTranslatingTransport(transport: Transport, translation: Translation): Transport {
  const { outgoing, incoming, forwardsUntranslatable: passes, onLoss } = translation

  function reportLoss(loss: Loss): void {
    try {
      onLoss?.(loss)
    } catch (error) {
      reportToHost(error)
    }
  }

  function translate(frame: string, direction: Loss['direction']): readonly string[] {
    const event = parse(frame)
    if (event === undefined) return [frame]
    const migration = direction === 'client' ? outgoing(event) : incoming(event)
    const type = String(event.type)
    if (migration.kind === 'invalid') return [frame]
    if (migration.kind === 'none') {
      if (direction === 'server') return passes(event) ? [frame] : []
      reportLoss({ direction, type, dropped: [], error: migration.error })
      // The server rejects it with an `error` event.
      return [frame]
    }
    // A null value is no loss.
    const dropped = migration.dropped.filter(({ value }) => value !== null)
    if (dropped.length > 0) reportLoss({ direction, type, dropped })
    return migration.events.map((translated: unknown) => (translated === event ? frame : write(translated, frame)))
  }

  return wrapTransport(transport, {
    send(frame, next) {
      for (const translated of translate(frame, 'client')) next(translated)
    },
    onMessage(frame, next) {
      for (const translated of translate(frame, 'server')) next(translated)
    },
  })
}

function parse(frame: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(frame)
    return isJson(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Serializes an event. Returns the original frame for an event that is nested too deeply. */
function write(event: unknown, frame: string): string {
  try {
    return JSON.stringify(event)
  } catch {
    return frame
  }
}
