/** What the user waited for in a part of a silence. */
export type SilenceCause = keyof SilenceParts

/** A silence divided by cause, in milliseconds. The parts add up to the silence. */
export interface SilenceParts {
  /** The server waited to be sure that the user had finished. */
  readonly turnDetection: number
  /** The request waited in the client, because another response ran. */
  readonly queue: number
  /** The model worked, or the network delayed what was sent or received. */
  readonly server: number
  /** Tools ran. Parallel calls count once. */
  readonly tool: number
  /** A call waited for approval. */
  readonly approval: number
  /** The connection was away, until the session was open again. */
  readonly reconnect: number
  /** Audio had arrived and was not played yet. */
  readonly player: number
}

/** The silence of a turn: from the end of the user's speech to the first audio or text that the user received. */
export interface Silence {
  /** When the user stopped speaking, in milliseconds from the start of the turn. Negative, because turn detection takes time. */
  readonly startMs: number
  /** When the first audio was played, in milliseconds from the start of the turn. Without a player, when the first audio or text arrived. */
  readonly endMs: number
  readonly parts: SilenceParts
}

/** An interval with a known cause, in milliseconds of a clock. */
export interface Delay {
  readonly cause: Exclude<SilenceCause, 'server'>
  readonly startMs: number
  /** `undefined` while it lasts. */
  endMs: number | undefined
  /** The function call that causes it. `undefined` if nothing or something else does. */
  readonly callId?: string | undefined
}

/** Where intervals overlap, the first of these causes counts. */
const precedence = ['player', 'reconnect', 'approval', 'tool', 'queue', 'turnDetection'] as const

/** Divides a silence among the delays in it. What has no other cause is time of the server or the network. */
export function divideSilence(startMs: number, endMs: number, delays: readonly Delay[]): SilenceParts {
  const parts = { turnDetection: 0, queue: 0, server: 0, tool: 0, approval: 0, reconnect: 0, player: 0 }
  const within = delays
    .map((delay) => ({
      cause: delay.cause,
      startMs: Math.max(startMs, delay.startMs),
      endMs: Math.min(endMs, delay.endMs ?? endMs),
    }))
    .filter((delay) => delay.endMs > delay.startMs)
  const bounds = [startMs, endMs, ...within.flatMap((delay) => [delay.startMs, delay.endMs])].sort((a, b) => a - b)
  for (const [index, from] of bounds.entries()) {
    const to = bounds[index + 1]
    if (to === undefined || to === from) continue
    const causes = within.filter((delay) => delay.startMs <= from && delay.endMs >= to).map(({ cause }) => cause)
    parts[precedence.find((cause) => causes.includes(cause)) ?? 'server'] += to - from
  }
  return parts
}
