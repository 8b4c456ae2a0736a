import { reportToHost } from '../internal/emitter.js'
import type { Transport } from '../transports/transport.js'
import { wrapTransport } from '../transports/wrap-transport.js'
import { isJson, type Json } from './json.js'
import type { Dropped, Migration } from './migration.js'

/** What a connection between two dialects could not carry over. */
export interface Loss {
  /** Who sent the event. */
  readonly direction: 'client' | 'server'
  /** The type of the event. */
  readonly type: string
  /** What was left out of it; empty when all of it had no equivalent. */
  readonly dropped: readonly Dropped[]
  /** Why the event as a whole has no equivalent. */
  readonly error?: Error
}

/** Options of `beta` and `fromBeta`. */
export interface TranslationOptions {
  /**
   * Told of everything that one side said and the other did not hear. Values are as they were, so they may be private.
   * @defaultValue nobody is told
   */
  onLoss?: (loss: Loss) => void
}

type Translate = (event: Json) => Migration<{ readonly type: string }>

/** How a transport between two dialects turns one into the other. */
export interface Translation extends TranslationOptions {
  readonly outgoing: Translate
  readonly incoming: Translate
  /** Whether what has no equivalent still reaches the listeners, in the words that it has. */
  readonly passes: (event: Json) => boolean
}

/** A transport whose two ends speak different dialects; it moves what is no event as it is. */
export function translating(transport: Transport, translation: Translation): Transport {
  const { outgoing, incoming, passes, onLoss } = translation

  function tell(loss: Loss): void {
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
      tell({ direction, type, dropped: [], error: migration.error })
      // The server refuses it, and says so to whoever sent it.
      return [frame]
    }
    // Where there was nothing, nothing is lost.
    const dropped = migration.dropped.filter(({ value }) => value !== null)
    if (dropped.length > 0) tell({ direction, type, dropped })
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

/** The text of an event; of one that is nested too deeply to have any, what it was made from. */
function write(event: unknown, frame: string): string {
  try {
    return JSON.stringify(event)
  } catch {
    return frame
  }
}
