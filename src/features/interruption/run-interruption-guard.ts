import { abortWith } from '../../internal/abort.js'
import { createEmitter, reportToHost } from '../../internal/emitter.js'
import { type AsyncStoppable, asAsyncStoppable } from '../../internal/stoppable.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import { inputFormatOf } from '../../session/audio-format.js'
import { SessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { isTurnDetectionOff, turnDetectionOf } from '../../session/turn-detection.js'
import { whenOpen } from '../../session/when-open.js'
import { onConnectionLoss } from '../connection-loss.js'
import { onConversationItem } from '../conversation-items.js'
import { measureAudio, stepMs } from './audio-levels.js'
import { followModelAudio, type LevelSource } from './model-audio.js'
import type { ActiveSpeech, EndedSpeech, Speech } from './speech.js'
import { createSpeechDetector } from './speech-detector.js'
import { createTurnControl } from './turn-control.js'

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
  /**
   * Resolves when the server has handed over interruptions and responses. Rejects when it refuses, or when the session closes or `stop` is
   * called first.
   */
  readonly ready: Promise<void>
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof InterruptionGuardEvents>(
    type: K,
    listener: (event: InterruptionGuardEvents[K]) => void,
  ): () => void
}

/** The default of `silence_duration_ms`. */
const defaultSilenceMs = 500
/** How many speeches are remembered. A speech that the server drops without an event is never committed. */
const maxSpeeches = 32
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
  const control = createTurnControl(session)
  const opening = new AbortController()
  /** Speeches by item id, oldest first. At most one is active. */
  const speeches = new Map<string, Speech>()
  /** Whether the level of the microphone is known. Otherwise all speech that the server detects counts. */
  let hasLevels = levels !== undefined
  let needsResponse = false
  let hasStopped = false
  let inputFormat = inputFormatOf(session.getState().session)
  let cancelPoll = () => {}
  let cancelCheck = () => {}

  const isModelActive = () => model.isAudible || session.getState().responses.activeId !== undefined

  function activeSpeech(): ActiveSpeech | undefined {
    for (const speech of speeches.values()) if (speech.phase === 'active') return speech
    return undefined
  }

  function dropSpeeches(isDropped: (speech: Speech) => boolean): void {
    for (const [itemId, speech] of speeches) {
      if (!isDropped(speech)) continue
      if (speech.phase === 'unconfirmed') speech.cancelTimer()
      speeches.delete(itemId)
    }
  }

  /** Records what the microphone picked up, and interrupts if that is enough. */
  function observe(microphoneDb: number, ms: number): void {
    const isAudible = model.isAudible
    const lastMs = detector.speechMs
    detector.push({ microphoneDb, modelDb: model.sampleLevelDb(), ms })
    const speech = activeSpeech()
    if (!speech) return
    if (!isAudible && detector.speechMs > lastMs) speech.aloneMs += ms
    check()
  }

  function spokenMs({ startedAtMs }: ActiveSpeech): number {
    return hasLevels ? detector.speechMs : clock.now() - startedAtMs
  }

  /** Interrupts the model if the user has spoken for long enough. */
  function check(): void {
    cancelCheck()
    const speech = activeSpeech()
    if (!speech || speech.overlap === 'interrupted' || !isModelActive()) return
    if (model.isAudible) speech.overlap = 'audible'
    const nowMs = clock.now()
    const missingMs = Math.max(minSpeechMs - spokenMs(speech), model.startedAtMs + ignoreDuringFirstMs - nowMs)
    if (missingMs > 0) {
      // With levels, each piece of audio is a reason to check.
      if (!hasLevels) cancelCheck = clock.after(missingMs, check)
      return
    }
    speech.overlap = 'interrupted'
    session.interrupt({ by: 'caller' })
  }

  function poll(): void {
    cancelPoll()
    if (!levels || hasStopped) return
    if (!activeSpeech() && !model.isAudible) return
    observe(levels.microphone.getState().rmsDb, stepMs)
    cancelPoll = clock.after(stepMs, poll)
  }

  function onStarted(itemId: string): void {
    dropSpeeches(({ phase }) => phase === 'active')
    speeches.set(itemId, { phase: 'active', startedAtMs: clock.now(), overlap: 'none', aloneMs: 0 })
    let excess = speeches.size - maxSpeeches
    dropSpeeches(() => excess-- > 0)
    check()
    poll()
  }

  function onStopped(itemId: string): void {
    cancelCheck()
    const speech = activeSpeech()
    if (!speech) return
    dropSpeeches(({ phase }) => phase === 'active')
    speeches.set(itemId, endOf(speech))
  }

  function endOf({ startedAtMs, overlap, aloneMs }: ActiveSpeech): EndedSpeech {
    const { silence_duration_ms } = (turnDetectionOf(session.getState().session) ?? {}) as {
      silence_duration_ms?: number
    }
    // The server reports the end after the silence that ends the turn.
    const lastedMs = clock.now() - startedAtMs - (silence_duration_ms ?? defaultSilenceMs)
    return { phase: 'ended', overlap, aloneMs, lastedMs }
  }

  function isTurn({ overlap, aloneMs, lastedMs }: EndedSpeech): boolean {
    if (overlap !== 'audible') return true
    return hasLevels ? aloneMs >= minAloneMs : lastedMs >= minSpeechMs
  }

  function onCommitted(itemId: string): void {
    const speech = speeches.get(itemId)
    if (speech?.phase !== 'active' && speech?.phase !== 'ended') return
    speeches.delete(itemId)
    if (!control.isTaken) return
    const ended = speech.phase === 'active' ? endOf(speech) : speech
    if (!isTurn(ended)) {
      speeches.set(itemId, { phase: 'ignored' })
      emitter.emit('ignored', { itemId })
      respond()
    } else if (ended.overlap === 'interrupted' && resumeAfterFalseMs !== undefined && awaitsWords(itemId)) {
      const cancelTimer = clock.after(resumeAfterFalseMs, () => resume(itemId))
      speeches.set(itemId, { phase: 'unconfirmed', cancelTimer })
    } else confirm()
  }

  /** Whether the words of a committed turn are still to come. A transcript can arrive before its item. */
  function awaitsWords(itemId: string): boolean {
    const { session: resource, conversation } = session.getState()
    return Boolean(resource?.audio?.input?.transcription) && !hasWords(conversation.early[itemId]?.text ?? '')
  }

  function confirm(): void {
    needsResponse = true
    respond()
  }

  function onTranscript(itemId: string, text: string, isFinal: boolean): void {
    const speech = speeches.get(itemId)
    if (speech?.phase !== 'unconfirmed') return
    if (hasWords(text)) {
      speech.cancelTimer()
      speeches.delete(itemId)
      confirm()
    } else if (isFinal) resume(itemId)
  }

  /** Lets the model continue after an interruption without words. */
  function resume(itemId: string): void {
    const speech = speeches.get(itemId)
    if (speech?.phase !== 'unconfirmed') return
    speech.cancelTimer()
    speeches.delete(itemId)
    deleteItem(itemId)
    emitter.emit('resumed', { itemId })
    if (activeSpeech() || needsResponse) return
    const { instructions } = session.getState().config ?? {}
    const text = instructions === undefined ? defaultResume : `${instructions}\n\n${defaultResume}`
    session.respond(options.resume ?? { instructions: text })
  }

  /** Requests the response to the turns so far, unless the user continues to speak. */
  function respond(): void {
    if (!needsResponse || !control.mustRespond || activeSpeech() || session.getState().status !== 'open') return
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

  function deleteItem(itemId: string): void {
    session.items.delete(itemId).catch(() => {
      // The server has no such item any more.
    })
  }

  function onItem(item: object): void {
    const { id } = item as { readonly id?: unknown }
    if (typeof id !== 'string' || speeches.get(id)?.phase !== 'ignored') return
    speeches.delete(id)
    deleteItem(id)
  }

  function onCleared(): void {
    cancelCheck()
    dropSpeeches(({ phase }) => phase === 'active' || phase === 'ended')
    respond()
  }

  function dropAll(): void {
    cancelCheck()
    dropSpeeches(() => true)
  }

  const subscriptions = [
    session.audio.onAppend((audio) => {
      hasLevels = true
      measureAudio(audio, inputFormat, observe)
    }),
    session.on('input_audio_buffer.speech_started', ({ item_id }) => onStarted(item_id)),
    session.on('input_audio_buffer.speech_stopped', ({ item_id }) => onStopped(item_id)),
    session.on('input_audio_buffer.committed', ({ item_id }) => onCommitted(item_id)),
    session.on('input_audio_buffer.cleared', onCleared),
    session.on('response.created', check),
    session.on('response.output_audio.delta', check),
    session.on('output_audio_buffer.started', () => {
      check()
      poll()
    }),
    onConversationItem(session, onItem),
    session.on('conversation.item.input_audio_transcription.delta', ({ item_id, delta }) =>
      onTranscript(item_id, delta ?? '', false),
    ),
    session.on('conversation.item.input_audio_transcription.completed', ({ item_id, transcript }) =>
      onTranscript(item_id, transcript, true),
    ),
    session.on('session.created', () => {
      dropAll()
      readInputFormat()
    }),
    session.on('session.updated', ({ session: updated }) => {
      readInputFormat()
      // Turn detection was switched off, perhaps while the user spoke: no `speech_stopped` follows.
      if (isTurnDetectionOff(updated)) onCleared()
      control.take().catch(() => {})
    }),
    onConnectionLoss(session, dropAll),
    session.on('status', ({ status }) => {
      if (status === 'open') respond()
    }),
    session.on('close', release),
  ]

  function readInputFormat(): void {
    inputFormat = inputFormatOf(session.getState().session)
  }

  function release(): void {
    hasStopped = true
    dropAll()
    cancelPoll()
    model.stop()
    for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
    emitter.clear()
  }

  async function stop(): Promise<void> {
    if (hasStopped) return
    abortWith(opening, new SessionError('CLOSED', { code: 1000, reason: 'the guard was stopped' }))
    release()
    await control.giveBack()
  }

  const ready = whenOpen(session, control.take, opening.signal)

  return asAsyncStoppable({ stop, ready, on: emitter.on })
}

function hasWords(text: string): boolean {
  return /\p{L}|\p{N}/u.test(text)
}

function assertAmount(option: string, value: number | undefined): void {
  if (value === undefined || (value >= 0 && Number.isFinite(value))) return
  throw new SessionError('INVALID_OPTION', { option, problem: `must be a number from 0 up, not ${value}` })
}
