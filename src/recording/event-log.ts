import { createRedactor, type RedactorOptions } from '../internal/redaction/redactor.js'
import type { RealtimeSession } from '../session/realtime.js'
import type { SinkWriter } from './sink.js'

export interface EventLogOptions extends RedactorOptions {
  readonly session: Pick<RealtimeSession, 'on'>
  readonly writer: SinkWriter
  readonly nowMs: () => number
  readonly startedAt: string
  /** Whether an item precedes the recording. Its text is not written. */
  readonly isEarlier: (itemId: string) => boolean
}

/** An event of the session or of the recording itself. */
interface LocalEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** Writes the events of a session as the lines of `recording()`. */
export interface EventLog {
  writeLocal(event: LocalEvent): void
  stop(): void
}

export function createEventLog(options: EventLogOptions): EventLog {
  const { session, writer, isEarlier } = options
  const redact = createRedactor(options)
  const redactAll = createRedactor({ text: 'length' })
  const encoder = new TextEncoder()

  function write(direction: 'received' | 'local', event: unknown): void {
    const safe = (mentionsEarlier(event, isEarlier) ? redactAll : redact)(event)
    const ms = Math.round(options.nowMs() * 1000) / 1000
    writer.append(encoder.encode(`${JSON.stringify({ ms, direction, event: safe })}\n`))
  }

  const writeLocal = (event: LocalEvent) => write('local', event)
  writeLocal({ type: 'recording', startedAt: options.startedAt })
  const unsubscribe = [
    session.on('*', (event) => write('received', event)),
    session.on('status', ({ status, previous }) => writeLocal({ type: 'status', status, previous })),
    session.on('interrupted', ({ by, played }) => {
      const { itemId: item_id, playedMs } = played ?? {}
      writeLocal({ type: 'interrupted', by, item_id, playedMs })
    }),
    session.on('close', ({ code, reason, wasClean, error }) =>
      writeLocal({ type: 'close', code, reason, wasClean, ...(error && { error: { code: error.code } }) }),
    ),
  ]
  return {
    writeLocal,
    stop() {
      for (const off of unsubscribe) off()
    },
  }
}

/** Whether an event contains the id of an item that precedes the recording. */
function mentionsEarlier(value: unknown, isEarlier: (itemId: string) => boolean): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, field]) =>
    typeof field === 'string'
      ? (name === 'id' || name === 'item_id') && isEarlier(field)
      : mentionsEarlier(field, isEarlier),
  )
}
