import { createEmitter, reportToHost } from '../../internal/emitter.js'
import { forgetOldest } from '../../internal/forget-oldest.js'
import { type AsyncStoppable, asAsyncStoppable } from '../../internal/stoppable.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import { SessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { changeTurnDetection, turnDetectionOf } from '../../session/turn-detection.js'
import { measureAudio } from './audio-levels.js'
import { followModelAudio, type LevelSource } from './model-audio.js'
import { createSpeechDetector } from './speech-detector.js'

/** Options of {@link runInterruptionGuard}. */
export interface InterruptionGuardOptions {
  /**
   * How long the user must speak to interrupt the model, in milliseconds. Shorter speech over the model's audio is ignored.
   * @defaultValue 300
   */
  readonly minSpeechMs?: number | undefined
  /**
   * Speech does not interrupt during the first milliseconds of a response's audio, in which an echo canceller adapts. Speech that lasts
   * longer interrupts at the end of this time.
   * @defaultValue 0
   */
  readonly ignoreDuringFirstMs?: number | undefined
  /**
   * How long to wait for words after a speech that interrupted the model, in milliseconds. When there are none, the model continues. Needs
   * input transcription.
   * @defaultValue the model never continues by itself
   */
  readonly resumeAfterFalseMs?: number | undefined
  /**
   * How much quieter than the model's audio its echo in the microphone is at least, in dB. Louder audio is the user.
   * @defaultValue 12
   */
  readonly echoLossDb?: number | undefined
  /**
   * The levels of the microphone and of the model's audio where the audio travels on media tracks. Without them, all speech that the server
   * detects counts, and the echo canceller of the browser has to remove the echo.
   */
  readonly levels?: { readonly microphone: LevelSource; readonly output: LevelSource } | undefined
  /** Parameters of the response that continues after a false interruption. */
  readonly resume?: ResponseCreateParams | undefined
}

/** Events of {@link runInterruptionGuard}. */
export interface InterruptionGuardEvents {
  /** Speech over the model's audio was too short, too early, or an echo. Its item is deleted. */
  ignored: { readonly itemId: string }
  /** A speech that interrupted the model had no words. Its item is deleted, and the model continues. */
  resumed: { readonly itemId: string }
}

/** A running guard. */
export interface InterruptionGuard extends AsyncStoppable {
  /** Resolves when the server has handed over interruptions and responses. Rejects when it refuses or the session closes first. */
  readonly ready: Promise<void>
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof InterruptionGuardEvents>(
    type: K,
    listener: (event: InterruptionGuardEvents[K]) => void,
  ): () => void
}

/** A speech of the user that the server has detected and not committed. */
interface Speech {
  readonly itemId: string
  readonly startedAtMs: number
  /** Whether the model was audible meanwhile. */
  isOverModel: boolean
  isInterruption: boolean
  /** How long the user spoke while the model was silent, in milliseconds. Known where the level of the microphone is. */
  aloneMs: number
  /** How long the speech lasted, as far as the server reports it, in milliseconds. */
  lastedMs: number
}

/** A speech that interrupted the model and whose words are awaited. */
interface Unconfirmed {
  readonly cancelTimer: () => void
}

const stepMs = 20
/** The default of `silence_duration_ms`. */
const defaultSilenceMs = 500
/** Speech after the end of the model's audio is a turn from this duration on, in milliseconds. */
const minAloneMs = 100
const defaultResume =
  'You were interrupted by a noise, not by the user. Continue your last message exactly where it stops.'

/**
 * Decides which speech interrupts the model. The server still detects turns, but no longer interrupts or responds by itself: the guard
 * interrupts when the user has spoken for `minSpeechMs`, requests the responses to turns, and deletes turns that were only an echo of the model
 * or too short. It compares the microphone with the model's audio, for audio in events (`webSocket`, `bridgeTwilio`) by itself, and for media
 * tracks with `levels`. Call it before or after `connect`.
 *
 * @example
 * ```ts
 * const guard = runInterruptionGuard(session, { minSpeechMs: 300, ignoreDuringFirstMs: 200, resumeAfterFalseMs: 1_500 })
 * ```
 * @throws {SessionError} `INVALID_OPTION`.
 */
export function runInterruptionGuard(
  session: RealtimeSession,
  options: InterruptionGuardOptions = {},
): InterruptionGuard {
  const { minSpeechMs = 300, ignoreDuringFirstMs = 0, resumeAfterFalseMs, echoLossDb = 12, levels } = options
  for (const [option, value] of Object.entries({ minSpeechMs, ignoreDuringFirstMs, resumeAfterFalseMs, echoLossDb }))
    assertAmount(option, value)
  const { clock } = session
  const emitter = createEmitter<InterruptionGuardEvents>()
  const model = followModelAudio(session, levels?.output)
  const detector = createSpeechDetector(echoLossDb)
  /** Whether the level of the microphone is known. Otherwise all speech that the server detects counts. */
  let hasLevels = levels !== undefined
  let speech: Speech | undefined
  /** Speeches that the server has not committed yet, oldest first. Normally at most one. */
  const ended = new Map<string, Speech>()
  const unconfirmed = new Map<string, Unconfirmed>()
  const toDelete = new Set<string>()
  let needsResponse = false
  /** What the server did by itself before. */
  let before: { readonly create_response: boolean; readonly interrupt_response: boolean } | undefined
  /** The turn detection that the server reported after the last change, as JSON. */
  let taken: string | undefined
  let isUpdating = false
  let hasStopped = false
  let inputFormat: Parameters<typeof measureAudio>[1]
  let cancelPoll = () => {}
  let cancelCheck = () => {}

  const isModelActive = () => model.isAudible || session.getState().responses.activeId !== undefined

  /** Records what the microphone picked up, and interrupts if that is enough. */
  function observe(microphoneDb: number, ms: number): void {
    const isAudible = model.isAudible
    const lastMs = detector.speechMs
    detector.push({ microphoneDb, modelDb: model.sampleLevelDb(), ms })
    if (!speech) return
    speech.isOverModel ||= isAudible
    if (!isAudible && detector.speechMs > lastMs) speech.aloneMs += ms
    check()
  }

  function spokenMs(current: Speech): number {
    return hasLevels ? detector.speechMs : clock.now() - current.startedAtMs
  }

  /** Interrupts the model if the user has spoken for long enough. */
  function check(): void {
    cancelCheck()
    if (!speech || speech.isInterruption || !isModelActive()) return
    speech.isOverModel ||= model.isAudible
    const nowMs = clock.now()
    const missingMs = Math.max(minSpeechMs - spokenMs(speech), model.startedAtMs + ignoreDuringFirstMs - nowMs)
    if (missingMs > 0) {
      // With levels, each piece of audio is a reason to check.
      if (!hasLevels) cancelCheck = clock.after(missingMs, check)
      return
    }
    speech.isInterruption = true
    session.interrupt({ by: 'caller' })
  }

  function poll(): void {
    cancelPoll()
    if (!levels || hasStopped) return
    if (!speech && !model.isAudible) return
    observe(levels.microphone.getState().rmsDb, stepMs)
    cancelPoll = clock.after(stepMs, poll)
  }

  function isTurn(ending: Speech): boolean {
    if (!ending.isOverModel || ending.isInterruption) return true
    return hasLevels ? ending.aloneMs >= minAloneMs : ending.lastedMs >= minSpeechMs
  }

  function onCommitted(itemId: string): void {
    const committed = ended.get(itemId) ?? (speech?.itemId === itemId ? speech : undefined)
    ended.delete(itemId)
    if (speech?.itemId === itemId) speech = undefined
    if (!before || !committed) return
    if (!isTurn(committed)) {
      toDelete.add(itemId)
      emitter.emit('ignored', { itemId })
      respond()
    } else if (committed.isInterruption && resumeAfterFalseMs !== undefined && isTranscribed()) {
      if (hasWords(itemId)) confirm()
      else unconfirmed.set(itemId, { cancelTimer: clock.after(resumeAfterFalseMs, () => resume(itemId)) })
    } else confirm()
  }

  function isTranscribed(): boolean {
    return Boolean(session.getState().session?.audio?.input?.transcription)
  }

  /** Whether a transcript has arrived before its item. */
  function hasWords(itemId: string): boolean {
    return /\p{L}|\p{N}/u.test(session.getState().conversation.early[itemId]?.text ?? '')
  }

  function confirm(): void {
    needsResponse = true
    respond()
  }

  function receiveWords(itemId: string, text: string, isFinal: boolean): void {
    const waiting = unconfirmed.get(itemId)
    if (!waiting) return
    if (/\p{L}|\p{N}/u.test(text)) {
      waiting.cancelTimer()
      unconfirmed.delete(itemId)
      confirm()
    } else if (isFinal) resume(itemId)
  }

  function resume(itemId: string): void {
    unconfirmed.get(itemId)?.cancelTimer()
    if (!unconfirmed.delete(itemId)) return
    remove(itemId)
    emitter.emit('resumed', { itemId })
    if (speech || needsResponse) return
    const { instructions } = session.getState().config ?? {}
    const text = instructions === undefined ? defaultResume : `${instructions}\n\n${defaultResume}`
    session.respond(options.resume ?? { instructions: text })
  }

  /** Requests the response to the turns so far, unless the user continues to speak. */
  function respond(): void {
    if (!needsResponse || !before?.create_response || speech || session.getState().status !== 'open') return
    needsResponse = false
    const handle = session.respond()
    handle.done
      .then((outcome) => {
        if (outcome.status !== 'cancelled' || outcome.reason !== 'connection_lost' || hasStopped) return
        needsResponse = true
        respond()
      })
      .catch(reportToHost)
  }

  function remove(itemId: string): void {
    session.items.delete(itemId).catch(() => {
      // The server has no such item any more.
    })
  }

  /** Takes over interruptions and responses. A change of the turn detection may give them back to the server. */
  async function takeOver(): Promise<void> {
    inputFormat = inputFormatOf(session)
    const detection = turnDetectionOf(session.getState().session)
    if (hasStopped || isUpdating || !detection || JSON.stringify(detection) === taken) return
    const { create_response = true, interrupt_response = true } = detection as Partial<NonNullable<typeof before>>
    before ??= { create_response, interrupt_response }
    isUpdating = true
    try {
      await changeTurnDetection(session, { create_response: false, interrupt_response: false })
      // A server that does not report the change, or does not make it, is not asked again.
      taken = JSON.stringify(turnDetectionOf(session.getState().session))
    } finally {
      isUpdating = false
    }
  }

  function endSpeech(itemId: string): void {
    cancelCheck()
    if (!speech) return
    const { silence_duration_ms } = (turnDetectionOf(session.getState().session) ?? {}) as {
      silence_duration_ms?: number
    }
    // The server reports the end after the silence that ends the turn.
    speech.lastedMs = clock.now() - speech.startedAtMs - (silence_duration_ms ?? defaultSilenceMs)
    ended.set(itemId, speech)
    speech = undefined
    // A speech that is cleared is never committed.
    forgetOldest(ended, 8)
  }

  function forgetSpeech(): void {
    cancelCheck()
    speech = undefined
    ended.clear()
    for (const { cancelTimer } of unconfirmed.values()) cancelTimer()
    unconfirmed.clear()
    toDelete.clear()
  }

  function onItem({ item }: { readonly item: object }): void {
    const { id } = item as { readonly id?: unknown }
    if (typeof id === 'string' && toDelete.delete(id)) remove(id)
  }

  const subscriptions = [
    session.audio.onAppend((audio) => {
      hasLevels = true
      for (const { db, ms } of measureAudio(audio, inputFormat)) observe(db, ms)
    }),
    session.on('input_audio_buffer.speech_started', ({ item_id }) => {
      const startedAtMs = clock.now()
      speech = {
        itemId: item_id,
        startedAtMs,
        isOverModel: model.isAudible,
        isInterruption: false,
        aloneMs: 0,
        lastedMs: 0,
      }
      check()
      poll()
    }),
    session.on('input_audio_buffer.speech_stopped', ({ item_id }) => endSpeech(item_id)),
    session.on('input_audio_buffer.committed', ({ item_id }) => onCommitted(item_id)),
    session.on('input_audio_buffer.cleared', () => {
      speech = undefined
      ended.clear()
      respond()
    }),
    session.on('response.created', check),
    session.on('response.output_audio.delta', check),
    session.on('output_audio_buffer.started', () => {
      check()
      poll()
    }),
    session.on('conversation.item.added', onItem),
    session.on('conversation.item.created', onItem),
    session.on('conversation.item.input_audio_transcription.delta', ({ item_id, delta }) =>
      receiveWords(item_id, delta ?? '', false),
    ),
    session.on('conversation.item.input_audio_transcription.completed', ({ item_id, transcript }) =>
      receiveWords(item_id, transcript, true),
    ),
    session.on('session.created', forgetSpeech),
    session.on('session.updated', () => void takeOver().catch(() => {})),
    session.on('status', ({ status }) => {
      if (status === 'reconnecting') forgetSpeech()
      if (status === 'open') respond()
    }),
    session.on('close', release),
  ]

  function release(): void {
    hasStopped = true
    forgetSpeech()
    cancelPoll()
    model.stop()
    for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
    emitter.clear()
  }

  async function stop(): Promise<void> {
    if (hasStopped) return
    release()
    if (before && session.getState().status === 'open') await changeTurnDetection(session, before)
  }

  const ready = whenOpen(session).then(takeOver)
  ready.catch(() => {})

  return asAsyncStoppable({ stop, ready, on: emitter.on })
}

/** Resolves when the session is open. @throws {SessionError} `CLOSED`. */
function whenOpen(session: RealtimeSession): Promise<void> {
  return new Promise((resolve, reject) => {
    const check = () => {
      const { status } = session.getState()
      if (status === 'open') resolve()
      else if (status === 'closed') reject(new SessionError('CLOSED', { code: 1000, reason: '' }))
      else return
      unsubscribe()
    }
    const unsubscribe = session.on('status', check)
    check()
  })
}

function inputFormatOf(session: RealtimeSession) {
  return session.getState().session?.audio?.input?.format ?? undefined
}

function assertAmount(option: string, value: number | undefined): void {
  if (value === undefined || (value >= 0 && Number.isFinite(value))) return
  throw new SessionError('INVALID_OPTION', { option, problem: `must be a number from 0 up, not ${value}` })
}
