import { type Clock, systemClock } from '../../internal/clock.js'
import { createDeferred } from '../../internal/deferred.js'
import { createId } from '../../internal/id.js'
import { createRedactor } from '../../internal/redaction/redactor.js'
import { mergeConfig } from '../../session/restore/merge-config.js'
import { TestingError } from '../error.js'
import { compareEvents, createIdBindings } from './compare-event.js'
import {
  type CloseStep,
  type EventStep,
  isRecord,
  type RecordedEvent,
  type RecordedStep,
  readRecordedCall,
} from './recorded-call.js'
import { createProblemLog, type Departure, type ReplayReport } from './report.js'
import { createFrameRestorer, type RecordedAudio } from './restore-frame.js'
import { createSentLines, type SentLine } from './sent-lines.js'

/** Options of a replay. All of them are optional. */
export interface ReplayOptions {
  /** @defaultValue the system clock */
  readonly clock?: Clock
  /**
   * Speed of the server relative to the recording. `Infinity` sends each event as soon as the client has sent what precedes it.
   * @defaultValue 1
   */
  readonly pace?: number
  /**
   * How long the replay waits for a recorded event of the client, in milliseconds. Then the event is missing, and the replay continues.
   * @defaultValue 5_000
   */
  readonly patienceMs?: number
  /**
   * Maximum difference of fields in milliseconds, such as `audio_end_ms`.
   * @defaultValue 1_000
   */
  readonly toleranceMs?: number
  /**
   * Names of fields that are not compared, such as `output`.
   * @defaultValue []
   */
  readonly ignore?: readonly string[]
  /** Audio that was kept beside the recording. By default, silence of the same length is sent. */
  readonly audio?: RecordedAudio
}

/** A client of a replay. */
export interface ReplayClient {
  send(frame: string): void
  close(code: number, reason: string): void
}

/** Interval at which input is sent again to a session that is not open yet. */
const retryMs = 20

/** Plays the server's side of a recorded call. */
export interface Replay {
  /** Connects a client. The replay starts, or continues after the loss of a connection. */
  attach(client: ReplayClient): { receive(frame: string): void; disconnect(): void }
  /** Sends the recorded input of the user, audio and messages, through `send` at its recorded time. Returns a function that stops it. */
  drive(send: (event: RecordedEvent) => void): () => void
  /** Whether the recorded client truncated audio that was interrupted. */
  readonly hasTruncations: boolean
  /** Resolves when all events have been played. */
  readonly finished: Promise<void>
  /** Whether all events have been played, or belong to a connection that the client has closed. */
  readonly isOver: boolean
  report(): ReplayReport
}

/**
 * Creates a replay of a recording.
 * @throws {TestingError} `INVALID_RECORDING`, or `INVALID_OPTION`.
 */
export function createReplay(recording: string, options: ReplayOptions = {}): Replay {
  const { clock = systemClock, pace = 1, patienceMs = 5_000, toleranceMs = 1_000 } = options
  if (!(pace > 0)) throw new TestingError('INVALID_OPTION', { option: 'pace', problem: 'must be a positive number' })
  const call = readRecordedCall(recording)
  const { steps } = call
  const redact = createRedactor({ text: call.text })
  const ids = createIdBindings(call)
  const restorer = createFrameRestorer(options.audio)
  const lines = createSentLines(steps)
  const comparison = { toleranceMs, ignore: new Set(options.ignore) }
  const problemLog = createProblemLog()
  const departures: Departure[] = []
  const finished = createDeferred<void>()
  const startedAt = clock.now()
  let position = 0
  let client: ReplayClient | undefined
  let driver: ((event: RecordedEvent) => void) | undefined
  let receivedBytes = 0
  let cancelTimer = () => {}
  // The recorded time `origin.ms` is played at `origin.at`. Waiting for the client moves the origin.
  let origin: { readonly at: number; readonly ms: number } | undefined
  let waitingSince: number | undefined
  let isCutShort = false
  /** The configuration that the client has received last. */
  let sessionResource: object = {}
  /** Audio that the session did not take yet. */
  let pendingInput: RecordedEvent | undefined

  const now = () => Math.round(clock.now() - startedAt)
  const dueAt = (ms: number) => (origin ? origin.at + (ms - origin.ms) / pace : clock.now())

  /** Plays all steps that are due, until the replay has to wait for time or for the client. */
  function play(): void {
    cancelTimer()
    cancelTimer = () => {}
    while (client && position < steps.length) {
      const step = steps[position] as RecordedStep
      origin ??= { at: clock.now(), ms: step.ms }
      if (!playStep(step)) return
      position += 1
      waitingSince = undefined
    }
    if (position >= steps.length) finished.resolve()
  }

  /** Plays one step. Returns `false` when it has to wait. */
  function playStep(step: RecordedStep): boolean {
    if (step.kind === 'sent') return lines.isAudio(step) ? playAudio(step) : awaitSent(step)
    const due = dueAt(step.ms)
    if (clock.now() < due) return wait(due)
    if (step.kind === 'closed') return closeClient(step)
    // The answer to an event that the client did not send.
    if (lines.isErrorOfSkipped(step)) return true
    deliver(step)
    return true
  }

  function deliver(step: EventStep): void {
    const event = ids.rewrite(restorer.restore(step.event, 'received'))
    problemLog.received(event, step.line)
    if (isRecord(event.session)) sessionResource = event.session
    client?.send(JSON.stringify(event))
  }

  /** Acknowledges an update that is not in the recording, as any server does. Features such as `runTools` wait for it. */
  function acknowledgeUpdate({ session }: RecordedEvent): void {
    sessionResource = mergeConfig(sessionResource, isRecord(session) ? session : {})
    client?.send(JSON.stringify({ type: 'session.updated', event_id: createId('event'), session: sessionResource }))
  }

  function playAudio(step: EventStep): boolean {
    if (!driver) return true
    const due = dueAt(step.ms)
    if (clock.now() < due) return wait(due)
    pendingInput ??= restorer.restore(step.event, 'sent')
    if (!sendInput(pendingInput) && isPatient()) return wait(clock.now() + retryMs)
    pendingInput = undefined
    return true
  }

  /** Sends input of the user. Returns `false` when the session is not open yet. */
  function sendInput(event: RecordedEvent): boolean {
    try {
      driver?.(event)
      return true
    } catch {
      return false
    }
  }

  function isPatient(): boolean {
    waitingSince ??= clock.now()
    return clock.now() < waitingSince + patienceMs
  }

  function awaitSent(step: EventStep): boolean {
    const line = lines.at(step)
    if (line.state !== 'open') {
      // The client was later than in the recording, so everything that follows is later too.
      if (waitingSince !== undefined) origin = { at: clock.now(), ms: step.ms }
      return true
    }
    const due = dueAt(step.ms)
    if (driver && line.isUserInput && !line.isDriven) {
      if (clock.now() < due) return wait(due)
      line.isDriven = sendInput(ids.rewrite(restorer.restore(step.event, 'sent')))
      if (!line.isDriven && isPatient()) return wait(clock.now() + retryMs)
    }
    if (line.isFaulty) {
      line.state = 'skipped'
      return true
    }
    waitingSince ??= clock.now()
    const lastMoment = Math.max(due, waitingSince) + patienceMs
    if (clock.now() < lastMoment) return wait(lastMoment)
    line.state = 'skipped'
    line.departure = depart({ kind: 'missing', type: typeOf(step.event), line: step.line, expected: step.event })
    return true
  }

  function closeClient(step: CloseStep): boolean {
    const leaving = client
    const close = () => {
      if (client === leaving) client = undefined
      leaving?.close(step.code, step.reason)
    }
    const isLast = position === steps.length - 1
    // With code 1000 it is usually the client that closes. The server closes if the client does not.
    if (isLast && step.code === 1000) cancelTimer = clock.after(patienceMs, close)
    else close()
    return true
  }

  function wait(until: number): false {
    cancelTimer = clock.after(until - clock.now(), play)
    return false
  }

  function depart(departure: Omit<Departure, 'atMs'>): Departure {
    const whole = { ...departure, atMs: now() }
    departures.push(whole)
    return whole
  }

  function receive(frame: string): void {
    const event = parse(frame)
    const type = typeOf(event)
    if (type === 'input_audio_buffer.append') {
      receivedBytes += Math.floor((String(event.audio).replace(/=+$/, '').length * 3) / 4)
      return
    }
    problemLog.sent(event)
    const received = redact(event) as RecordedEvent
    const candidates = lines.candidates(position, type)
    const compared = candidates.map((line) => ({
      line,
      result: compareEvents(line.step.event, received, ids, comparison),
    }))
    const same = compared.find(({ result }) => result.differences.length === 0)
    const match = same ?? compared.find(({ line }) => !line.isEarly)
    if (!match) {
      depart({ kind: 'unexpected', type, line: undefined, received })
      if (type === 'session.update') acknowledgeUpdate(event)
      return
    }
    match.result.commit()
    accept(match.line, received)
    const { differences } = match.result
    if (differences.length > 0) {
      const { step } = match.line
      depart({ kind: 'different', type, line: step.line, expected: step.event, received, differences })
    }
    play()
  }

  /** Marks a recorded line as sent. */
  function accept(line: SentLine, received: RecordedEvent): void {
    const wasSkipped = line.state === 'skipped'
    const { step } = line
    const place = { type: typeOf(step.event), line: step.line, received }
    line.state = 'sent'
    if (line.departure) {
      departures.splice(departures.indexOf(line.departure), 1)
      depart({ kind: 'late', ...place, expected: step.event })
    } else if (lines.isOvertaken(line)) {
      depart({ kind: 'order', ...place, expected: step.event })
    }
    const error = lines.errorOf(line)
    if (wasSkipped && error && steps.indexOf(error) < position) deliver(error)
  }

  return {
    attach(newClient) {
      client = newClient
      origin = undefined
      waitingSince = undefined
      play()
      return {
        receive,
        disconnect() {
          if (client !== newClient) return
          client = undefined
          cancelTimer()
          // The client closed. What the recording has of this connection is not played.
          const end = steps.findIndex(({ kind }, index) => index >= position && kind === 'closed')
          const skipped = steps.slice(position, end < 0 ? steps.length : end)
          for (const step of skipped) {
            if (step.kind !== 'sent' || lines.isAudio(step)) continue
            const line = lines.at(step)
            if (line.state !== 'open' || line.isFaulty) continue
            line.state = 'skipped'
            depart({ kind: 'missing', type: typeOf(step.event), line: step.line, expected: step.event })
          }
          if (skipped.some(({ kind }) => kind === 'received')) isCutShort = true
          position = end < 0 ? steps.length : end + 1
          if (position >= steps.length) finished.resolve()
        },
      }
    },
    drive(send) {
      driver = send
      play()
      return () => {
        driver = undefined
      }
    },
    hasTruncations: steps.some((step) => step.kind === 'sent' && step.event.type === 'conversation.item.truncate'),
    finished: finished.promise,
    get isOver() {
      return position >= steps.length
    },
    report: () => ({
      isComplete: position >= steps.length && !isCutShort,
      departures: [...departures],
      problems: problemLog.problems(),
      audioBytes: { recorded: lines.audioBytes, received: receivedBytes },
    }),
  }
}

function parse(frame: string): RecordedEvent {
  try {
    const value: unknown = JSON.parse(frame)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

function typeOf(event: RecordedEvent): string {
  return typeof event.type === 'string' ? event.type : 'a frame without a type'
}
