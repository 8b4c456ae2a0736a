import type { Clock } from '../../internal/clock.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { type AudioLevel, measureAudio } from './audio-levels.js'

/** Something that measures a level, such as `createLevelMeter(stream)`. */
export interface LevelSource {
  getState(): { readonly rmsDb: number }
}

/** The model's audio that is played to the user. */
export interface ModelAudio {
  /** Whether audio of the model is played, as far as the client knows. */
  readonly isAudible: boolean
  /** When the audio of the current response started to play, on the session's clock. */
  readonly startedAtMs: number
  /** Records the level of `output`, if there is one, and returns the loudest level of the audio that is played about now, in dBFS. */
  sampleLevelDb(): number
  stop(): void
}

/** An echo arrives at most this much later than its audio was due, in milliseconds: buffers, network, and the room. */
const echoDelayMs = 1_500
/** Players may be ahead of the clock by this much, in milliseconds. */
const aheadMs = 200

interface PlayedLevel extends AudioLevel {
  /** When the audio starts to play. */
  readonly atMs: number
}

/**
 * Follows the model's audio. Audio in events is assumed to play in real time from its arrival on, which is as exact as the comparison with an
 * echo of unknown delay needs. For audio on media tracks, the server reports when it plays, and `output` measures it.
 */
export function followModelAudio(session: RealtimeSession, output: LevelSource | undefined): ModelAudio {
  const clock: Clock = session.clock
  let levels: PlayedLevel[] = []
  let endsAtMs = Number.NEGATIVE_INFINITY
  let startedAtMs = Number.NEGATIVE_INFINITY
  let responseId: string | undefined
  let isMediaPlaying = false
  let format = outputFormatOf(session)

  function forget(): void {
    const oldestMs = clock.now() - echoDelayMs
    const first = levels.findIndex(({ atMs, ms }) => atMs + ms >= oldestMs)
    levels = first < 0 ? [] : levels.slice(first)
  }

  function silence(): void {
    const nowMs = clock.now()
    levels = levels.filter(({ atMs }) => atMs <= nowMs)
    endsAtMs = Math.min(endsAtMs, nowMs)
    responseId = undefined
  }

  const subscriptions = [
    session.on('session.created', () => {
      format = outputFormatOf(session)
    }),
    session.on('session.updated', () => {
      format = outputFormatOf(session)
    }),
    session.on('response.output_audio.delta', ({ response_id, delta }) => {
      const startMs = Math.max(clock.now(), endsAtMs)
      if (responseId !== response_id) {
        responseId = response_id
        startedAtMs = startMs
      }
      endsAtMs = startMs
      for (const level of measureAudio(delta, format)) {
        levels.push({ ...level, atMs: endsAtMs })
        endsAtMs += level.ms
      }
      forget()
    }),
    session.on('interrupted', silence),
    session.on('output_audio_buffer.started', () => {
      isMediaPlaying = true
      startedAtMs = clock.now()
    }),
    session.on('output_audio_buffer.stopped', () => {
      isMediaPlaying = false
    }),
    session.on('output_audio_buffer.cleared', () => {
      isMediaPlaying = false
    }),
    session.on('status', ({ status }) => {
      if (status === 'reconnecting') isMediaPlaying = false
    }),
  ]

  return {
    get isAudible() {
      return isMediaPlaying || clock.now() < endsAtMs || session.playback.isPlaying
    },
    get startedAtMs() {
      return startedAtMs
    },
    sampleLevelDb() {
      const nowMs = clock.now()
      const { rmsDb } = output?.getState() ?? { rmsDb: Number.NEGATIVE_INFINITY }
      if (rmsDb > Number.NEGATIVE_INFINITY) levels.push({ db: rmsDb, ms: 0, atMs: nowMs })
      forget()
      return levels.reduce(
        (loudest, { db, atMs }) => (atMs <= nowMs + aheadMs ? Math.max(loudest, db) : loudest),
        Number.NEGATIVE_INFINITY,
      )
    },
    stop() {
      for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
    },
  }
}

function outputFormatOf(session: RealtimeSession) {
  const { session: resource } = session.getState()
  return resource?.type === 'realtime' ? (resource.audio?.output?.format ?? undefined) : undefined
}
