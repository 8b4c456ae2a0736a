/** The environment of a command, which tests replace. */
export interface Io {
  /** Base of relative paths. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether the output is a terminal, so that questions can be asked. */
  readonly isTerminal: boolean
  /** The current date, `YYYY-MM-DD`. */
  readonly today: string
  /** Aborted when a command that runs forever has to stop. */
  readonly signal: AbortSignal
  /** Writes to standard output. */
  out(text: string): void
  /** Writes to standard error. */
  err(text: string): void
  /** Asks a yes-or-no question. */
  ask(question: string): Promise<boolean>
}

/** A command. Resolves with the exit code of the process. */
export type Command = (args: readonly string[], io: Io) => Promise<number>

/** Exit codes of all commands. */
export const exitCodes = { ok: 0, findings: 1, usage: 2 } as const

/** Returns functions that color text if the terminal supports it and `NO_COLOR` is not set. */
export function paintFor({ isTerminal, env }: Io) {
  const isPlain = !isTerminal || (env.NO_COLOR ?? '') !== ''
  const paint = (code: number) => (text: string) => (isPlain ? text : `\u001b[${code}m${text}\u001b[0m`)
  return { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33), cyan: paint(36) }
}

export type Paint = ReturnType<typeof paintFor>
