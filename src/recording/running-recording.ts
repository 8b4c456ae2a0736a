import type { CallSide } from '../audio/call-mixer.js'
import { createResampler, type Resampler } from '../audio/resample.js'
import { createRedactor } from '../internal/redaction/redactor.js'
import { selectItems } from '../session/state/select.js'
import { isTurnDetectionOff } from '../session/turn-detection.js'
import { type RecordedLine, recordAudio } from './call-audio.js'
import { type CallSummary, collectSummary } from './call-summary.js'
import { createEventLog } from './event-log.js'
import { followTurns } from './follow-turns.js'
import type { CallRecordingOptions, RecordedSession } from './options.js'
import { createSinkWriter, type RecordingSink } from './sink.js'
import { createStereoTrack } from './stereo-track.js'
import { createTurnGuard, type SilencedInterval } from './turn-guard.js'

export interface RunningOptions extends CallRecordingOptions {
  readonly session: RecordedSession
  readonly line: RecordedLine | undefined
  readonly sampleRate: number
  readonly text: NonNullable<CallRecordingOptions['text']>
  readonly onError: (error: unknown) => void
}

/** A recording that was started. */
export interface RunningRecording {
  write(side: 'user' | 'agent', samples: Float32Array, sampleRate: number): void
  summary(): CallSummary
  /** Stops it. Resolves when everything is written. */
  stop(): Promise<CallSummary>
}

/** How late reports of players and of the network may be, in milliseconds. */
const lateMs = 1_000

const writeEveryMs = 1_000

export function startRecording(options: RunningOptions): RunningRecording {
  const { session, redact, text } = options
  const { clock } = session
  const originMs = clock.now()
  const nowMs = () => clock.now() - originMs
  const isEarlier = earlierItems(session)
  const silenced: SilencedInterval[] = []
  const collector = collectSummary(session, { ...options, isEarlier })
  const audio = options.audio && startAudio(options, options.audio, nowMs, silenced)
  const events = options.events && createSinkWriter(options.events, options.onError)
  const startedAt = collector.summary([]).startedAt
  const log = events && createEventLog({ session, writer: events, nowMs, startedAt, isEarlier, text, redact })
  const redactSummary = createRedactor({ text, redact })
  // A summary is plain JSON, and the redactor keeps its shape.
  const summary = () => redactSummary(collector.summary([...silenced])) as CallSummary

  async function stop(): Promise<CallSummary> {
    await Promise.resolve()
    audio?.finish()
    collector.stop()
    const last = summary()
    log?.writeLocal({ type: 'call', ...last })
    log?.stop()
    await Promise.all([audio?.closed(), events?.close()])
    return last
  }

  return { write: (side, samples, rate) => audio?.write(side, samples, rate), summary, stop }
}

/** The audio file of a recording. */
interface AudioRecording {
  write(side: 'user' | 'agent', samples: Float32Array, sampleRate: number): void
  /** Writes what is left. */
  finish(): void
  closed(): Promise<void>
}

function startAudio(
  options: RunningOptions,
  sink: RecordingSink,
  nowMs: () => number,
  silenced: SilencedInterval[],
): AudioRecording {
  const { session, redact, sampleRate } = options
  const writer = createSinkWriter(sink, options.onError)
  const detectsTurns = () => !isTurnDetectionOff(session.getState().session)
  const isConnected = () => session.getState().status === 'open'
  const guard = redact && createTurnGuard({ redact, detectsTurns, isConnected })
  guard?.writableMs(0)
  const track = createStereoTrack(sampleRate, writer, (startMs, endMs) => {
    const intervals = guard?.silencedIn(startMs, endMs) ?? []
    for (const interval of intervals) addInterval(silenced, interval)
    return intervals
  })
  const stopFollowing = guard && followTurns(session, guard, nowMs, () => track.endMs('caller'))
  const stopAudio = recordAudio({
    ...options,
    track,
    nowMs,
    placement: options.placement ?? 'played',
    onPlayed: (itemId, startMs, endMs) => guard?.agentPlayed(itemId, startMs, endMs),
  })
  const resamplers = new Map<string, Resampler>()
  let cancelTimer = session.clock.after(writeEveryMs, writeRegularly)

  function writeRegularly(): void {
    const dueMs = nowMs() - lateMs
    track.writeUntil(Math.min(dueMs, guard?.writableMs(nowMs()) ?? dueMs))
    cancelTimer = session.clock.after(writeEveryMs, writeRegularly)
  }

  function resampled(side: CallSide, samples: Float32Array, rate: number): Float32Array {
    if (rate === sampleRate) return samples
    const key = `${side} ${rate}`
    const resampler = resamplers.get(key) ?? createResampler({ from: rate, to: sampleRate })
    resamplers.set(key, resampler)
    return resampler.process(samples)
  }

  return {
    write(side, samples, rate) {
      // The server does not report when it has played the text of a track, so its turns cannot be silenced.
      if (guard) return
      const to = side === 'user' ? 'caller' : 'agent'
      track.add(to, resampled(to, samples, rate), nowMs() - (samples.length * 1000) / rate)
    },
    finish() {
      cancelTimer()
      stopAudio()
      stopFollowing?.()
      guard?.decideAll()
      // Audio that a player has not played yet is not part of the call.
      track.cut('agent', nowMs())
      track.writeUntil(nowMs())
      track.finish()
    },
    closed: () => writer.close(),
  }
}

/** Returns whether an item precedes the recording: it is in the conversation, or the user is speaking it. */
function earlierItems({ getState }: RecordedSession): (itemId: string) => boolean {
  const state = getState()
  const ids = new Set(selectItems(state).map(({ id }) => id))
  for (const id of Object.keys(state.conversation.early)) ids.add(id)
  if (state.inputAudio.itemId !== undefined) ids.add(state.inputAudio.itemId)
  return (itemId) => ids.has(itemId)
}

/** Adds an interval to a list, or extends the last one. */
function addInterval(list: SilencedInterval[], interval: SilencedInterval): void {
  const last = list.at(-1)
  if (last && interval.startMs <= last.endMs)
    list[list.length - 1] = { startMs: last.startMs, endMs: Math.max(last.endMs, interval.endMs) }
  else list.push(interval)
}
