import { defineErrors, isErrorOf, type MessageTable } from '../../errors.js'
import { describeProblem } from './validation/problem.js'

/** Data of an {@link EmulatorError} by code. It contains no keys, transcripts, or audio. */
export interface EmulatorErrorData {
  /** An option, a script, a fault, or an event has an invalid value or an unknown key. */
  INVALID_OPTION: {
    /** Path of the value, such as `scripts.default[1].step`. */
    option: string
    /** What was found, such as `"sing"` or `a list`. Text is quoted only where a fixed set of values is allowed. */
    found: string
    /** What is allowed. */
    allowed: string
    /** The allowed key or value that is most similar to the one that was found. */
    suggestion?: string
  }
  /** No session has this identifier, or its journal was removed. */
  UNKNOWN_SESSION: {
    /** Identifier of the session. */
    sessionId: string
  }
  /** The session has ended, so it cannot send events and has no connection. */
  SESSION_CLOSED: {
    /** Identifier of the session. */
    sessionId: string
  }
}

/** Codes of {@link EmulatorError}. */
export type EmulatorErrorCode = keyof EmulatorErrorData

const messages: MessageTable<EmulatorErrorData> = {
  INVALID_OPTION: (problem) => `Correct the options of the emulator: ${describeProblem(problem)}.`,
  UNKNOWN_SESSION: ({ sessionId }) =>
    `The emulator has no session "${sessionId}". Use an id of emulator.sessions, which keeps the last closed sessions too.`,
  SESSION_CLOSED: ({ sessionId }) =>
    `The session "${sessionId}" is closed. Select an open one: emulator.sessions.filter(({ state }) => state === 'open').`,
}

/** Error of the emulator: an invalid option or script, or a session that cannot be controlled. */
export class EmulatorError<
  Code extends EmulatorErrorCode = EmulatorErrorCode,
> extends /* @__PURE__ */ defineErrors<EmulatorErrorData>('EmulatorError', messages)<Code> {}

/** Returns whether a value is an {@link EmulatorError}, optionally with a code. Narrows `data`. */
export function isEmulatorError<Code extends EmulatorErrorCode = EmulatorErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: EmulatorError<C> }[Code] {
  return isErrorOf(value, 'EmulatorError', code)
}
