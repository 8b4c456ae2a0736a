import { type Clock, systemClock } from '../../internal/clock.js'
import { reportToHost } from '../../internal/emitter.js'
import type { TextDetector } from '../../internal/redaction/detector.js'
import { createRedactor, type TextPolicy } from '../../internal/redaction/redactor.js'
import { enabledNamespaces, isPage, parseNamespaces } from './namespaces.js'

/** A part of the package whose debug output can be enabled by itself. */
export type DebugArea = 'session' | 'response' | 'conversation' | 'audio' | 'tools' | 'transport'

/** One line of debug output. It contains no credentials and no audio. */
export interface DebugEntry {
  readonly area: DebugArea
  /** `realtime-primitives:` and the area. */
  readonly namespace: string
  /** What happened, for example `received response.done`. */
  readonly message: string
  /** The event or its details, redacted. */
  readonly data: unknown
  /** Time since the previous entry of this log, in milliseconds. */
  readonly sinceMs: number
}

/** Options of {@link runDebug} and {@link logging}. */
export interface DebugOptions {
  /**
   * Receives each entry instead of the console, for example to pass it to pino.
   * @defaultValue prints to stderr in Node, Deno, and Bun, and to `console.debug` elsewhere
   */
  readonly log?: ((entry: DebugEntry) => void) | undefined
  /**
   * The enabled namespaces, in the syntax of the `debug` package.
   * @defaultValue `DEBUG` or `localStorage.debug`; with `log`, `realtime-primitives:*`
   */
  readonly namespaces?: string | undefined
  /**
   * How text is logged: its length, or the text itself, which contains what the user said.
   * @defaultValue 'length'
   */
  readonly text?: TextPolicy | undefined
  /**
   * Finds parts of kept text that are replaced by their kind, such as `[card number]`. Deltas are then logged as their lengths.
   * @defaultValue nothing is replaced
   */
  readonly redact?: TextDetector | undefined
  /**
   * Measures `sinceMs`.
   * @defaultValue the clock of the session; the system clock for `logging`
   */
  readonly clock?: Clock | undefined
}

/** Writes debug output. */
export interface DebugLog {
  /** Whether any area is enabled. */
  readonly isEnabled: boolean
  isAreaEnabled(area: DebugArea): boolean
  /** Writes an entry if its area is enabled. `data` is redacted. */
  write(area: DebugArea, message: string, data?: unknown): void
}

const areas: readonly DebugArea[] = ['session', 'response', 'conversation', 'audio', 'tools', 'transport']

export function createDebugLog(options: DebugOptions): DebugLog {
  const { log = print, clock = systemClock, text = 'length' } = options
  const list = options.namespaces ?? (options.log ? 'realtime-primitives:*' : enabledNamespaces())
  const isNamespaceEnabled = parseNamespaces(list)
  const enabled = new Set(areas.filter((area) => isNamespaceEnabled(namespaceOf(area))))
  const redact = createRedactor({ text, redact: options.redact })
  let lastMs = clock.now()
  return {
    isEnabled: enabled.size > 0,
    isAreaEnabled: (area) => enabled.has(area),
    write(area, message, data) {
      if (!enabled.has(area)) return
      const nowMs = clock.now()
      const sinceMs = Math.round(nowMs - lastMs)
      lastMs = nowMs
      try {
        log({ area, namespace: namespaceOf(area), message, data: data === undefined ? data : redact(data), sinceMs })
      } catch (error) {
        // A logger that throws must not stop the frame that it was to log.
        reportToHost(error)
      }
    },
  }
}

const namespaceOf = (area: DebugArea) => `realtime-primitives:${area}`

/** Prints an entry. Servers print to stderr, because stdout may be the output of the program. */
function print({ namespace, message, data, sinceMs }: DebugEntry): void {
  const line = `${namespace} ${message}`
  // biome-ignore-start lint/suspicious/noConsole: the console is the output that the user has enabled
  if (isPage()) console.debug(line, data ?? '', `+${sinceMs}ms`)
  else console.error(`${line}${data === undefined ? '' : ` ${JSON.stringify(data)}`} +${sinceMs}ms`)
  // biome-ignore-end lint/suspicious/noConsole: the console is the output that the user has enabled
}
