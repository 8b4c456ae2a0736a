import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/** CPU time and memory of a process. */
export interface ProcessUsage {
  readonly cpuMs: number
  readonly rssBytes: number
}

/** Ticks per second in `/proc`, the same on all Linux systems that Node.js supports. */
const ticksPerSecond = 100
const pageBytes = 4_096

/** Reads what another process has used: from `/proc` on Linux, and from `ps` elsewhere. Returns `undefined` if there is no such process. */
export async function readProcessUsage(pid: number): Promise<ProcessUsage | undefined> {
  if (process.platform !== 'linux') return readPs(pid)
  try {
    return parseStat(await readFile(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}

/** Parses `/proc/<pid>/stat`. The name of the program, in parentheses, can contain spaces. */
export function parseStat(text: string): ProcessUsage {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [user, system, pages] = [fields[11], fields[12], fields[21]].map(Number)
  return { cpuMs: (((user ?? 0) + (system ?? 0)) * 1_000) / ticksPerSecond, rssBytes: (pages ?? 0) * pageBytes }
}

function readPs(pid: number): ProcessUsage | undefined {
  const { stdout, status } = spawnSync('ps', ['-o', 'time=,rss=', '-p', String(pid)], { encoding: 'utf8' })
  return status === 0 ? parsePs(stdout) : undefined
}

/** Parses the output of `ps`: CPU time as `[[dd-]hh:]mm:ss[.cc]`, and kilobytes. */
export function parsePs(text: string): ProcessUsage | undefined {
  const [, days = 0, clock = '', kilobytes = 0] = /^\s*(?:(\d+)-)?([\d:.]+)\s+(\d+)/.exec(text) ?? []
  if (clock === '') return undefined
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return { cpuMs: (Number(days) * 86_400 + seconds) * 1_000, rssBytes: Number(kilobytes) * 1_024 }
}
