import { abortReason, throwIfAborted } from '../../internal/abort.js'
import { type Clock, systemClock } from '../../internal/clock.js'
import { createDeferred } from '../../internal/deferred.js'
import { type PcmAudio, resampleAudio } from '../emulator/pcm-audio.js'
import { TestingError } from '../error.js'
import type { SpokenSentence } from '../speech/recognizer.js'
import { type VoiceName, vocabulary } from '../speech/vocabulary.js'
import { type CallerLine, lineRate } from './line.js'
import { createNoise } from './noise.js'
import { type AgentSpeech, createSpeechSegmenter } from './speech-segmenter.js'
import { loadVoice, type RecordedVoice } from './voice.js'

/** A sentence of a caller. */
export interface Saying {
  readonly text: string
  /**
   * Audio of the sentence, mono 16-bit at 24 kHz.
   * @defaultValue the recorded voice, or the synthesizer for a sentence that is not in the vocabulary
   */
  readonly audio?: Int16Array
  /** Interrupts the agent after it has spoken for this time, in milliseconds, instead of waiting until it has finished. */
  readonly bargeInAfterMs?: number
}

/** Options of {@link createCaller}. */
export interface CallerOptions {
  /** What the caller says, in order. After each sentence, the caller waits until the agent has answered. */
  readonly says: readonly (string | Saying)[]
  /**
   * Voice of the sentences in the vocabulary: a name, or a voice that several callers share.
   * @defaultValue 'anna'
   */
  readonly voice?: VoiceName | RecordedVoice
  /** Returns the audio of a sentence that is not in the vocabulary, such as `espeak()` of `realtime-primitives/testing/node`. */
  readonly synthesize?: (text: string) => PcmAudio | Promise<PcmAudio>
  /** `bargeInAfterMs` of all sentences after the first one. */
  readonly bargeInAfterMs?: number
  /**
   * Level of white noise that is added to the audio of the caller, in dBFS. The recorded voices have about -22 dBFS.
   * @defaultValue -Infinity
   */
  readonly noiseDb?: number
  /**
   * Time before the first sentence, in milliseconds. If the agent speaks then, the caller waits until it has finished.
   * @defaultValue 500
   */
  readonly startAfterMs?: number
  /**
   * Silence after which the agent has finished, in milliseconds.
   * @defaultValue 700
   */
  readonly pauseMs?: number
  /**
   * How long the caller waits for an answer, in milliseconds. Then it continues with the next sentence.
   * @defaultValue 10_000
   */
  readonly patienceMs?: number
  /**
   * Duration of the pieces in which audio is sent and received, in milliseconds.
   * @defaultValue 20
   */
  readonly frameMs?: number
  /** @defaultValue the system clock */
  readonly clock?: Clock
}

/** A caller that speaks and listens. */
export interface Caller {
  /**
   * Holds a conversation: says each sentence, and listens to the answers. Resolves after the answer to the last sentence, or when the line closes.
   * @throws {TestingError} `UNKNOWN_SENTENCE` or `SYNTHESIS_FAILED`, before anything is sent.
   */
  call(line: CallerLine, options?: { readonly signal?: AbortSignal }): Promise<CallResult>
  /** Returns the sentences with their audio, for `createRecognizer()`. */
  sentences(): Promise<readonly SpokenSentence[]>
}

/** One sentence of a caller, and the answer to it. Times are milliseconds since the start of the call. */
export interface CallerTurn {
  readonly text: string
  readonly startMs: number
  readonly endMs: number
  /** Whether the caller has interrupted the agent with this sentence. */
  readonly isBargeIn: boolean
  /** The first speech of the agent after the sentence. `undefined` when there was none. */
  readonly answer: AgentSpeech | undefined
  /** Time from the end of the sentence to the start of the answer. `undefined` without an answer. */
  readonly latencyMs: number | undefined
}

/** What happened in a call. */
export interface CallResult {
  /** The sentences that were said. */
  readonly turns: readonly CallerTurn[]
  /** Everything that the agent has said. */
  readonly agentSpeech: readonly AgentSpeech[]
  readonly durationMs: number
  /** Whether all sentences were said, or the line was closed before. */
  readonly end: 'completed' | 'disconnected'
}

interface PreparedSaying extends SpokenSentence {
  readonly bargeInAfterMs: number | undefined
}

interface SpokenTurn {
  readonly saying: PreparedSaying
  readonly startMs: number
  readonly isBargeIn: boolean
  endMs: number
}

/** What the caller does. `pausing` is the time before the first sentence. */
type Phase =
  | { readonly phase: 'pausing' }
  | { readonly phase: 'speaking'; readonly turn: SpokenTurn; at: number }
  | { readonly phase: 'waiting'; readonly turn: SpokenTurn }

/**
 * Creates a caller for tests. It speaks real audio, waits for the agent to finish, interrupts it when asked, and returns the speech of the agent
 * with its times.
 *
 * @example
 * ```ts
 * const caller = createCaller({ says: ['What is the weather in Oslo?', { text: 'Stop.', bargeInAfterMs: 800 }], clock })
 * const { turns } = await settleOn(clock, caller.call(sessionLine(session)))
 * expect(turns[0]?.latencyMs).toBeLessThan(1_000)
 * ```
 * @throws {TestingError} `INVALID_OPTION`.
 */
export function createCaller(options: CallerOptions): Caller {
  const { clock = systemClock, startAfterMs = 500, pauseMs = 700, patienceMs = 10_000, frameMs = 20 } = options
  if (options.says.length === 0)
    throw new TestingError('INVALID_OPTION', { option: 'says', problem: 'must contain a sentence' })
  if (!(frameMs > 0 && Number.isInteger((frameMs * lineRate) / 1_000)))
    throw new TestingError('INVALID_OPTION', { option: 'frameMs', problem: 'must be a positive number' })
  let prepared: Promise<readonly PreparedSaying[]> | undefined

  async function prepare(): Promise<readonly PreparedSaying[]> {
    const { voice: choice = 'anna', synthesize } = options
    const voice = typeof choice === 'string' ? await loadVoice(choice) : choice
    const sayings: PreparedSaying[] = []
    for (const [index, given] of options.says.entries()) {
      const saying: Saying = typeof given === 'string' ? { text: given } : given
      const { text } = saying
      const audio = saying.audio
        ? { pcm: saying.audio, rate: lineRate }
        : (voice.say(text) ?? (await synthesize?.(text)))
      if (!audio) throw new TestingError('UNKNOWN_SENTENCE', { index, vocabulary })
      const bargeInAfterMs = saying.bargeInAfterMs ?? (index > 0 ? options.bargeInAfterMs : undefined)
      sayings.push({ text, audio: resampleAudio(audio, lineRate), bargeInAfterMs })
    }
    return sayings
  }

  function getPrepared(): Promise<readonly PreparedSaying[]> {
    prepared ??= prepare()
    return prepared
  }

  async function call(line: CallerLine, { signal }: { readonly signal?: AbortSignal } = {}): Promise<CallResult> {
    const sayings = await getPrepared()
    throwIfAborted(signal)
    const addNoise = createNoise(options.noiseDb ?? Number.NEGATIVE_INFINITY)
    const segmenter = createSpeechSegmenter(pauseMs)
    const ended = createDeferred<CallResult['end']>()
    const turns: SpokenTurn[] = []
    const frameLength = (frameMs * lineRate) / 1_000
    const startedAt = clock.now()
    let frames = 0
    let state: Phase = { phase: 'pausing' }
    let cancelTick = () => {}

    function tick(): void {
      // Late frames are caught up, so that the audio keeps its pace.
      const due = Math.floor((clock.now() - startedAt) / frameMs)
      while (frames < due && !ended.settled) exchange()
      if (!ended.settled) cancelTick = clock.after(Math.max(1, startedAt + (frames + 1) * frameMs - clock.now()), tick)
    }

    /** Exchanges the audio of one frame in both directions. */
    function exchange(): void {
      if (!line.isOpen) {
        ended.resolve('disconnected')
        return
      }
      frames += 1
      const nowMs = frames * frameMs
      line.send(addNoise(nextSpeech(nowMs)))
      segmenter.add(line.receive(frameLength), nowMs)
      if (state.phase !== 'speaking') decide(nowMs)
    }

    function nextSpeech(nowMs: number): Int16Array {
      const frame = new Int16Array(frameLength)
      if (state.phase !== 'speaking') return frame
      const { turn } = state
      const { pcm } = turn.saying.audio
      frame.set(pcm.subarray(state.at, state.at + frameLength))
      state.at += frameLength
      if (state.at < pcm.length) return frame
      turn.endMs = nowMs
      segmenter.split()
      state = { phase: 'waiting', turn }
      return frame
    }

    /** Starts the next sentence when it is the caller's turn, or ends the call after the last one. */
    function decide(nowMs: number): void {
      const next = sayings[turns.length]
      if (state.phase === 'pausing') {
        if (nowMs >= startAfterMs && !segmenter.isSpeaking && next) speak(next, nowMs, false)
        return
      }
      if (state.phase !== 'waiting') return
      const { endMs } = state.turn
      const answerMs = segmenter.startMs !== undefined && segmenter.startMs >= endMs ? segmenter.startMs : undefined
      const isBargeIn =
        segmenter.isSpeaking &&
        answerMs !== undefined &&
        next?.bargeInAfterMs !== undefined &&
        nowMs - answerMs >= next.bargeInAfterMs
      if (segmenter.isSpeaking && !isBargeIn) return
      if (answerMs === undefined && nowMs - Math.max(endMs, segmenter.endMs) < patienceMs) return
      if (next) speak(next, nowMs, isBargeIn)
      else ended.resolve('completed')
    }

    function speak(saying: PreparedSaying, startMs: number, isBargeIn: boolean): void {
      const turn = { saying, startMs, isBargeIn, endMs: startMs }
      turns.push(turn)
      state = { phase: 'speaking', turn, at: 0 }
    }

    const abort = () => ended.reject(abortReason(signal))
    signal?.addEventListener('abort', abort, { once: true })
    try {
      tick()
      const end = await ended.promise
      const agentSpeech = segmenter.speeches()
      return { turns: describeTurns(turns, agentSpeech), agentSpeech, durationMs: frames * frameMs, end }
    } finally {
      cancelTick()
      line.stop()
      signal?.removeEventListener('abort', abort)
    }
  }

  return { call, sentences: getPrepared }
}

function describeTurns(turns: readonly SpokenTurn[], agentSpeech: readonly AgentSpeech[]): readonly CallerTurn[] {
  return turns.map(({ saying: { text }, startMs, endMs, isBargeIn }, index) => {
    const nextMs = turns[index + 1]?.startMs ?? Number.POSITIVE_INFINITY
    const answer = agentSpeech.find((speech) => speech.startMs >= endMs && speech.startMs < nextMs)
    const latencyMs = answer && answer.startMs - endMs
    return { text, startMs, endMs, isBargeIn, answer, latencyMs }
  })
}
