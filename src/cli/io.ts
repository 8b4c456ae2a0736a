/** What a command has of the world around it; tests give it another one. */
export interface Io {
  /** Where relative paths begin. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether a person looks at what is printed, and can be asked. */
  readonly isTerminal: boolean
  /** The day, `YYYY-MM-DD`. */
  readonly today: string
  /** Ends what would go on for ever. */
  readonly signal: AbortSignal
  /** Prints to the standard output. */
  out(text: string): void
  /** Prints to the standard error. */
  err(text: string): void
  /** Asks a question that is answered with yes or no. */
  ask(question: string): Promise<boolean>
}

/** A command; its number is the exit code of the process. */
export type Command = (args: readonly string[], io: Io) => Promise<number>

/** What exit codes mean. */
export const exitCodes = { ok: 0, findings: 1, usage: 2 } as const

/** Colours, where a person sees them and wants them. */
export function paintFor({ isTerminal, env }: Io) {
  const isPlain = !isTerminal || (env.NO_COLOR ?? '') !== ''
  const paint = (code: number) => (text: string) => (isPlain ? text : `\u001b[${code}m${text}\u001b[0m`)
  return { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33), cyan: paint(36) }
}

export type Paint = ReturnType<typeof paintFor>
