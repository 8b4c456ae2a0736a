import { forgetOldest } from '../internal/forget-oldest.js'
import { hasMatch, type TextDetector } from '../internal/redaction/detector.js'

/** A turn, until the position of the recording has passed it. */
interface Turn {
  readonly startMs: number
  /** `undefined` while it lasts. */
  endMs: number | undefined
  state: 'undecided' | 'clear' | 'silenced'
}

/** An interval of the recording that was replaced by silence. */
export interface SilencedInterval {
  readonly startMs: number
  readonly endMs: number
}

/**
 * Decides which turns of a call are silenced. Audio is not written before the text of its turn is known. All times are milliseconds of the
 * recording.
 */
export interface TurnGuard {
  /** The user started to speak, or may have started. */
  userStarted(nowMs: number): void
  /** The user's turn ended, and became an item. `isTranscribed` is whether its text will arrive. */
  userEnded(itemId: string, nowMs: number, isTranscribed: boolean): void
  /** The user's audio was discarded. */
  userCleared(nowMs: number): void
  /** Audio of an item of the agent was played. */
  agentPlayed(itemId: string, startMs: number, endMs: number): void
  /** The whole text of an item is known. `undefined`: it will never be. */
  decide(itemId: string, text: string | undefined): void
  /** No more texts arrive for the turns so far. */
  decideAll(): void
  /** Returns how much of the recording can be written. */
  writableMs(nowMs: number): number
  /** Returns the parts of an interval that are silenced. Intervals are requested in order. */
  silencedIn(startMs: number, endMs: number): readonly SilencedInterval[]
}

export interface TurnGuardOptions {
  readonly redact: TextDetector
  /** Returns whether the server detects turns. Otherwise, all audio of the user belongs to a turn. */
  readonly detectsTurns: () => boolean
  /** Returns whether the server receives audio. What is spoken before reaches it later, and its reports are as late. */
  readonly isConnected: () => boolean
}

/** How late the server can report that speech has started, in milliseconds. It contains the padding before speech. */
const detectionMs = 3_000

/** How long audio waits for the text of its turn, in milliseconds. */
const maxHeldMs = 60_000

/** How many items are remembered. Far fewer are in flight. */
const maxItems = 1024

/**
 * Creates a guard. The time of a user's turn starts before the server reported it, so that nothing of it is missed.
 */
export function createTurnGuard({ redact, detectsTurns, isConnected }: TurnGuardOptions): TurnGuard {
  const turns = new Set<Turn>()
  const byItem = new Map<string, Turn>()
  let userTurn: Turn | undefined
  let userEndMs = 0
  /** A turn that was opened because the server does not receive audio, and when it received audio again. */
  let outage: { readonly turn: Turn; connectedMs: number | undefined } | undefined

  function open(startMs: number): Turn {
    const turn: Turn = { startMs: Math.max(0, startMs), endMs: undefined, state: 'undecided' }
    turns.add(turn)
    return turn
  }

  function decideTurn(turn: Turn | undefined, text: string | undefined): void {
    if (turn?.state === 'undecided') turn.state = text === undefined || hasMatch(text, redact) ? 'silenced' : 'clear'
  }

  function remember(itemId: string, turn: Turn): void {
    byItem.set(itemId, turn)
    forgetOldest(byItem, maxItems)
  }

  /** Without turn detection, a turn starts where the last one ended. */
  function openUserTurn(nowMs: number): Turn {
    userTurn ??= open(detectsTurns() ? Math.max(userEndMs, nowMs - detectionMs) : userEndMs)
    return userTurn
  }

  function endUserTurn(nowMs: number): Turn {
    const turn = openUserTurn(nowMs)
    turn.endMs = nowMs
    userTurn = undefined
    userEndMs = nowMs
    return turn
  }

  /** Ends the turn of an outage in which the server found no speech. */
  function followOutage(nowMs: number): void {
    if (!isConnected()) outage = { turn: openUserTurn(nowMs), connectedMs: undefined }
    else if (outage) {
      outage.connectedMs ??= nowMs
      if (outage.turn === userTurn && nowMs - outage.connectedMs <= detectionMs) return
      if (outage.turn === userTurn) {
        if (userTurn.state === 'undecided') userTurn.state = 'clear'
        userTurn.endMs = nowMs - detectionMs
        userTurn = undefined
      }
      outage = undefined
    }
  }

  return {
    userStarted(nowMs) {
      openUserTurn(nowMs)
      outage = undefined
    },
    userEnded(itemId, nowMs, isTranscribed) {
      const turn = endUserTurn(nowMs)
      remember(itemId, turn)
      if (!isTranscribed) decideTurn(turn, undefined)
    },
    userCleared: (nowMs) => decideTurn(endUserTurn(nowMs), undefined),
    agentPlayed(itemId, startMs, endMs) {
      const known = byItem.get(itemId)
      const turn = known && turns.has(known) ? known : open(startMs)
      // The text can be known before the audio is played.
      if (known && turn !== known) turn.state = known.state
      remember(itemId, turn)
      turn.endMs = endMs
    },
    decide(itemId, text) {
      const turn: Turn = byItem.get(itemId) ?? { startMs: 0, endMs: 0, state: 'undecided' }
      remember(itemId, turn)
      decideTurn(turn, text)
    },
    decideAll() {
      for (const turn of turns) decideTurn(turn, undefined)
    },
    writableMs(nowMs) {
      if (detectsTurns()) followOutage(nowMs)
      else openUserTurn(nowMs)
      for (const turn of turns) if (turn.startMs < nowMs - maxHeldMs) decideTurn(turn, undefined)
      const undecided = [...turns].filter(({ state }) => state === 'undecided').map(({ startMs }) => startMs)
      return Math.min(nowMs - (userTurn ? 0 : detectionMs), ...undecided)
    },
    silencedIn(startMs, endMs) {
      const found: SilencedInterval[] = []
      for (const turn of turns) {
        const untilMs = turn.endMs ?? Number.POSITIVE_INFINITY
        if (untilMs <= startMs && turn !== userTurn) {
          turns.delete(turn)
          continue
        }
        const part = { startMs: Math.max(startMs, turn.startMs), endMs: Math.min(endMs, untilMs) }
        if (turn.state === 'silenced' && part.endMs > part.startMs) found.push(part)
      }
      return found
    },
  }
}
