import { execFile } from 'node:child_process'

/** How a program ended by itself, and what it wrote. */
export interface Run {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** A program that is not done by then is killed, and the promise rejects. */
  readonly timeoutMs?: number
}

/** Runs a program to its own end; one that has to be killed is an error. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { cwd, env = {}, timeoutMs = 60_000 } = options
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { cwd, env: { ...process.env, ...env }, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 2 ** 20 },
      (error, stdout, stderr) => {
        const exitCode = error ? error.code : 0
        if (typeof exitCode === 'number') resolve({ exitCode, stdout, stderr })
        else if (error?.killed) reject(new Error(`${program} did not end within ${timeoutMs} ms\n${stdout}\n${stderr}`))
        else reject(error)
      },
    )
  })
}

/** Runs a program that must succeed, and answers what it wrote. */
export async function output(program: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await run(program, args, options)
  if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${exitCode}\n${stdout}\n${stderr}`)
  return stdout
}
