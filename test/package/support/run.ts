import { execFile } from 'node:child_process'

/** The exit code and the output of a program. */
export interface Run {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /**
   * Time after which the program is killed and the promise rejects, in milliseconds.
   * @defaultValue 60_000
   */
  readonly timeoutMs?: number
}

/** Runs a program. Resolves when it exits, and rejects when it exceeds its timeout. */
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
        else if (error?.killed)
          reject(new Error(`${program} did not exit within ${timeoutMs} ms\n${stdout}\n${stderr}`))
        else reject(error)
      },
    )
  })
}

/** Runs a program and returns its standard output. Rejects when the exit code is not 0. */
export async function output(program: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await run(program, args, options)
  if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')} exited with ${exitCode}\n${stdout}\n${stderr}`)
  return stdout
}
