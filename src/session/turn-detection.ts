/** A session resource, or a session configuration, as far as turn detection is concerned. */
export interface TurnDetectionSource {
  readonly audio?:
    | { readonly input?: { readonly turn_detection?: object | null | undefined } | null | undefined }
    | null
    | undefined
}

/** Returns whether the server detects when the user starts and stops speaking. */
export function detectsTurns(session: TurnDetectionSource | undefined): boolean {
  return Boolean(turnDetectionOf(session))
}

/**
 * Returns whether turn detection is explicitly off (`turn_detection: null`). A session that does not report the setting returns `false`
 * here and in {@link detectsTurns}.
 */
export function isTurnDetectionOff(session: TurnDetectionSource | undefined): boolean {
  return turnDetectionOf(session) === null
}

/**
 * Returns whether the server creates a response after each turn that it detects: turn detection is on, and `create_response` is not
 * `false`.
 */
export function respondsToTurns(session: TurnDetectionSource | undefined): boolean {
  return detectsTurns(session) && !isDisabled(session, 'create_response')
}

/**
 * Returns whether the user's speech interrupts a response. Returns `false` only when `interrupt_response` is `false`, because some servers
 * report speech without reporting the setting.
 */
export function interruptsOnSpeech(session: TurnDetectionSource | undefined): boolean {
  return !isDisabled(session, 'interrupt_response')
}

function isDisabled(
  session: TurnDetectionSource | undefined,
  field: 'create_response' | 'interrupt_response',
): boolean {
  const detection = turnDetectionOf(session) as Partial<Record<typeof field, unknown>> | null | undefined
  return detection?.[field] === false
}

function turnDetectionOf(session: TurnDetectionSource | undefined): object | null | undefined {
  return session?.audio?.input?.turn_detection
}
