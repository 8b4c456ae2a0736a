import type { TurnDetection, TurnDetectionInput } from '../protocol/turn-detection.js'

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

/** Returns the turn detection that the server reported, `null` when it is off. */
export function turnDetectionOf(session: TurnDetectionSource | undefined): object | null | undefined {
  return session?.audio?.input?.turn_detection
}

/** What {@link changeTurnDetection} uses of a session. */
interface ConfigurableSession {
  getState(): { readonly session: TurnDetectionSource | undefined }
  update(
    config: { audio: { input: { turn_detection: TurnDetectionInput } } },
    options: { readonly temporary: boolean },
  ): Promise<unknown>
}

/**
 * Changes what the server does at turns while a feature runs. The other fields of the turn detection stay. Does nothing when turn detection is
 * off. A snapshot contains the setting of the app, so a feature that starts in the next session takes over from that.
 */
export async function changeTurnDetection(
  session: ConfigurableSession,
  change: { readonly create_response?: boolean; readonly interrupt_response?: boolean },
): Promise<void> {
  const detection = turnDetectionOf(session.getState().session) as Partial<TurnDetection> | null | undefined
  if (!detection) return
  const isSame = Object.entries(change).every(([name, value]) => ((detection as Flags)[name] ?? true) === value)
  if (isSame) return
  const known = detectionFields.filter((field) => detection[field] != null).map((field) => [field, detection[field]])
  const turn_detection = { ...Object.fromEntries(known), ...change } as TurnDetectionInput
  await session.update({ audio: { input: { turn_detection } } }, { temporary: true })
}

type Flags = Readonly<Record<string, unknown>>

/** The fields of the reported turn detection that may be sent. */
const detectionFields = [
  'type',
  'threshold',
  'prefix_padding_ms',
  'silence_duration_ms',
  'idle_timeout_ms',
  'eagerness',
  'create_response',
  'interrupt_response',
] as const
