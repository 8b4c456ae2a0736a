import { execFile } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const tsx = pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href

/** The output and the exit code of a program. */
export interface ProgramOutcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Options of {@link runExample}. */
export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** @defaultValue the checkout */
  readonly cwd?: string
  /** @defaultValue 120_000 */
  readonly timeoutMs?: number
}

/** Runs a TypeScript program of the folder `examples`, such as `usage/main.ts`, without an API key. */
export function runExample(
  program: string,
  args: readonly string[] = [],
  { env = {}, cwd = root, timeoutMs = 120_000 }: ProgramOptions = {},
): Promise<ProgramOutcome> {
  const options = { cwd, env: { ...exampleEnv(), ...env }, timeout: timeoutMs, maxBuffer: 64 * 2 ** 20 }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, exampleArgs(program, args), options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}

/** Returns the arguments with which Node.js runs a program of the folder `examples`. */
export function exampleArgs(program: string, args: readonly string[] = []): string[] {
  return ['--import', tsx, join(root, 'examples', program), ...args]
}

/**
 * Returns the environment of the programs. They import the built package if it is newer than the sources, as in `npm test`, because loading the
 * sources takes more than half of the time of a short program.
 */
export function exampleEnv(): NodeJS.ProcessEnv {
  const { OPENAI_API_KEY: _, ...env } = process.env
  if (!isBuilt()) return env
  return { ...env, TSX_TSCONFIG_PATH: join(root, 'test/support/built-package.tsconfig.json') }
}

function isBuilt(): boolean {
  const built = join(root, 'dist/testing/index.js')
  if (!existsSync(built)) return false
  const { mtimeMs } = statSync(built)
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  return sources.every((path) => statSync(join(root, 'src', path)).mtimeMs < mtimeMs)
}
