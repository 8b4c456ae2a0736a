import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Command } from '../../../../src/cli/io.js'

/** A folder with files in it, which is gone when the test has ended. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

/** The files below a folder, by their names in it. */
export function filesIn(folder: string, below = ''): Record<string, string> {
  return Object.assign(
    {},
    ...readdirSync(join(folder, below)).map((name) => {
      const path = join(below, name)
      return statSync(join(folder, path)).isDirectory()
        ? filesIn(folder, path)
        : { [path]: readFileSync(join(folder, path), 'utf8') }
    }),
  )
}

/** What a command was answered with. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  /** The questions that were asked. */
  readonly asked: readonly string[]
}

export interface RunOptions {
  readonly isTerminal?: boolean
  readonly env?: Readonly<Record<string, string>>
  readonly answer?: boolean
  readonly signal?: AbortSignal
  readonly onOut?: (text: string) => void
  readonly onErr?: (text: string) => void
}

/** Runs a command in a folder, on the day that the tests are written for. */
export async function run(
  command: Command,
  args: readonly string[],
  cwd: string,
  options: RunOptions = {},
): Promise<Ran> {
  const { isTerminal = false, env = {}, answer = false, signal = new AbortController().signal, onOut, onErr } = options
  let out = ''
  let err = ''
  const asked: string[] = []
  const code = await command(args, {
    cwd,
    env,
    isTerminal,
    today: '2026-11-23',
    signal,
    out(text) {
      out += text
      onOut?.(text)
    },
    err(text) {
      err += text
      onErr?.(text)
    },
    async ask(question) {
      asked.push(question)
      return answer
    },
  })
  return { code, out, err, asked }
}
