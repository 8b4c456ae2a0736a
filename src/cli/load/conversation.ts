import type { CallerConnection } from './connection.js'
import { createPlayout, type ReceivedAudio } from './playout.js'
import { frameMs, type Speech } from './speech.js'
import { type StampFormat, stampAudio } from './stamp.js'
import type { Tally } from './tally.js'

/** One call of a caller, who speaks, waits for the answer, and speaks again. `tick` drives it. */
export interface Conversation {
  /** Sends the audio of the frames that are due, and decides what the caller does next. */
  tick(nowMs: number): void
  /** Records audio of the model. */
  receive(audio: ReceivedAudio, nowMs: number): void
  /** The agent has cleared the audio that was not played. */
  clear(): void
  /** Time at which all received audio was played. */
  readonly playoutEndsAtMs: number
  /** Whether the call has ended. `drop`: the caller wants its connection to be cut. */
  readonly end: 'completed' | 'drop' | undefined
}

/** Options of {@link createConversation}. */
export interface ConversationOptions {
  readonly connection: Pick<CallerConnection, 'sendAudio'>
  readonly speech: Speech
  readonly format: StampFormat
  readonly tally: Tally
  /** Share of turns in which the caller interrupts the model, from 0 to 1. */
  readonly bargeIns: number
  /** Share of turns after which the connection is cut, from 0 to 1. */
  readonly drops: number
  /** The call ends after the first turn that ends later than this, in milliseconds. */
  readonly callMs: number
  readonly startMs: number
  /** Returns a number from 0 to 1. */
  readonly random: () => number
}

/** What the caller does. */
type Phase =
  | { readonly phase: 'pausing'; readonly untilMs: number }
  | { readonly phase: 'speaking'; readonly frames: readonly string[]; next: number }
  | { readonly phase: 'waiting'; readonly sinceMs: number; readonly bargeInAfterMs: number; answeredAtMs?: number }
  | { readonly phase: 'ended'; readonly end: 'completed' | 'drop' }

/** Silence after which the answer is complete. */
const pauseMs = 700
/** How long the caller waits for an answer. */
const patienceMs = 10_000
/** A caller that is later than this skips frames, so that a stalled process does not send a burst. */
const maxLateMs = 1_000
/** Every fifth frame carries its send time. */
const stampEvery = 5

export function createConversation(options: ConversationOptions): Conversation {
  const { connection, speech, format, tally, random, startMs } = options
  const playout = createPlayout()
  let frames = 0
  let skippedMs = 0
  let state: Phase = { phase: 'pausing', untilMs: startMs + 300 + 1_000 * random() }

  function nextFrame(nowMs: number): string {
    if (state.phase !== 'speaking') return speech.silence
    const frame = state.frames[state.next++] ?? speech.silence
    if (state.next >= state.frames.length) {
      const interrupts = random() < options.bargeIns
      state = {
        phase: 'waiting',
        sinceMs: nowMs,
        bargeInAfterMs: interrupts ? 600 + 1_200 * random() : Number.POSITIVE_INFINITY,
      }
    }
    return frame
  }

  function decide(nowMs: number): void {
    if (state.phase === 'pausing') {
      if (nowMs >= state.untilMs) speak()
    } else if (state.phase === 'waiting') {
      const { answeredAtMs, sinceMs, bargeInAfterMs } = state
      if (answeredAtMs === undefined) {
        if (nowMs - sinceMs < patienceMs) return
        tally.error('no_answer')
        finishTurn(nowMs)
      } else if (nowMs - answeredAtMs >= bargeInAfterMs && playout.endsAtMs > nowMs) {
        tally.count('bargeIns')
        tally.count('turns')
        speak()
      } else if (nowMs - playout.endsAtMs >= pauseMs) {
        tally.count('turns')
        finishTurn(nowMs)
      }
    }
  }

  function finishTurn(nowMs: number): void {
    if (random() < options.drops) state = { phase: 'ended', end: 'drop' }
    else if (nowMs - startMs >= options.callMs) state = { phase: 'ended', end: 'completed' }
    else speak()
  }

  function speak(): void {
    const sentence = speech.sentences[Math.floor(random() * speech.sentences.length)] ?? []
    state = { phase: 'speaking', frames: sentence, next: 0 }
  }

  return {
    tick(nowMs) {
      if (state.phase === 'ended') return
      const lateMs = nowMs - startMs - skippedMs - frames * frameMs
      if (lateMs > maxLateMs) {
        skippedMs += lateMs
        tally.error('caller_stalled')
      }
      const due = Math.floor((nowMs - startMs - skippedMs) / frameMs)
      while (frames < due) {
        const frame = nextFrame(nowMs)
        frames += 1
        connection.sendAudio(frames % stampEvery === 0 ? stampAudio(frame, format, { isFirst: false }) : frame, frames)
      }
      decide(nowMs)
    },
    receive({ ms, continues, delayMs }, nowMs) {
      if (delayMs !== undefined) tally.delay('down', delayMs)
      tally.gap(playout.add(ms, nowMs, continues))
      // The rest of an interrupted response is no answer.
      if (state.phase !== 'waiting' || state.answeredAtMs !== undefined || continues === 'following') return
      state.answeredAtMs = nowMs
      tally.delay('response', nowMs - state.sinceMs)
    },
    clear: () => playout.clear(),
    get playoutEndsAtMs() {
      return playout.endsAtMs
    },
    get end() {
      return state.phase === 'ended' ? state.end : undefined
    },
  }
}
