import type { Clock } from '../../internal/clock.js'
import { outputFormatOf } from '../../session/audio-format.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { onConnectionLoss } from '../connection-loss.js'
import { measureAudio, stepMs } from './audio-levels.js'
import { createLevelTimeline } from './level-timeline.js'

/** Something that measures a level, such as `createLevelMeter(stream)`. */
export interface LevelSource {
  getState(): { readonly rmsDb: number }
}

/** The model's audio that is played to the user. */
export interface ModelAudio {
  /** Whether audio of the model is played, as far as the client knows. */
  readonly isAudible: boolean
  /** When the audio of the response that is played started to play, on the session's clock. `-Infinity` before the first one. */
  readonly startedAtMs: number
  /** Records the level of `output`, if there is one, and returns the loudest level of the audio that is played about now, in dBFS. */
  sampleLevelDb(): number
  stop(): void
}

/** An echo arrives at most this much later than its audio was due, in milliseconds: buffers, network, and the room. */
const echoDelayMs = 1_500
/** Players may be ahead of the clock by this much, in milliseconds. */
const aheadMs = 200

/**
 * Follows the model's audio. Audio in events is assumed to play in real time from its arrival on, which is as exact as the comparison with an
 * echo of unknown delay needs. For audio on media tracks, the server reports when it plays, and `output` measures it.
 */
export function followModelAudio(session: RealtimeSession, output: LevelSource | undefined): ModelAudio {
  const clock: Clock = session.clock
  /** Levels of the audio in events, which arrives before it plays. */
  const received = createLevelTimeline()
  /** Levels that `output` measured. */
  const measured = createLevelTimeline()
  let endsAtMs = Number.NEGATIVE_INFINITY
  /** When the audio of responses starts to play, oldest first. That of the next response can arrive while the last one is played. */
  let starts: readonly number[] = []
  let responseId: string | undefined
  let isMediaPlaying = false
  let format = outputFormatOf(session.getState().session)

  /** The start of the oldest step that the microphone can still pick up. */
  const oldestMs = () => clock.now() - echoDelayMs - stepMs

  function addLevel(db: number, ms: number): void {
    received.add(db, endsAtMs)
    endsAtMs += ms
  }

  /** Returns when the audio of the response that is played started. */
  function startedAtMs(): number {
    const nowMs = clock.now()
    return starts.findLast((startMs) => startMs <= nowMs) ?? Number.NEGATIVE_INFINITY
  }

  function addStart(startMs: number): void {
    const playedMs = startedAtMs()
    starts = [...starts.filter((known) => known >= playedMs), startMs]
  }

  function dropUnplayed(): void {
    const nowMs = clock.now()
    starts = starts.filter((startMs) => startMs <= nowMs)
    received.dropAfter(nowMs)
    endsAtMs = Math.min(endsAtMs, nowMs)
    responseId = undefined
  }

  function readFormat(): void {
    format = outputFormatOf(session.getState().session)
  }

  const subscriptions = [
    session.on('session.created', readFormat),
    session.on('session.updated', readFormat),
    session.on('response.output_audio.delta', ({ response_id, delta }) => {
      endsAtMs = Math.max(clock.now(), endsAtMs)
      if (responseId !== response_id) {
        responseId = response_id
        addStart(endsAtMs)
      }
      received.dropBefore(oldestMs())
      measureAudio(delta, format, addLevel)
    }),
    session.on('interrupted', dropUnplayed),
    session.on('output_audio_buffer.started', () => {
      isMediaPlaying = true
      addStart(clock.now())
    }),
    session.on('output_audio_buffer.stopped', () => {
      isMediaPlaying = false
    }),
    session.on('output_audio_buffer.cleared', () => {
      isMediaPlaying = false
    }),
    onConnectionLoss(session, () => {
      isMediaPlaying = false
    }),
  ]

  return {
    get isAudible() {
      return isMediaPlaying || clock.now() < endsAtMs || session.playback.isPlaying
    },
    get startedAtMs() {
      return startedAtMs()
    },
    sampleLevelDb() {
      const nowMs = clock.now()
      const { rmsDb } = output?.getState() ?? { rmsDb: Number.NEGATIVE_INFINITY }
      if (rmsDb > Number.NEGATIVE_INFINITY) measured.add(rmsDb, nowMs)
      const fromMs = oldestMs()
      return Math.max(received.loudest(fromMs, nowMs + aheadMs), measured.loudest(fromMs, nowMs + aheadMs))
    },
    stop() {
      for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
    },
  }
}
