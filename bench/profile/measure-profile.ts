import { type Profiler, Session } from 'node:inspector/promises'
import { type OurSession, ourSession } from '../contenders/ours.js'
import { settle } from '../measure.js'
import type { Trace } from '../trace.js'
import { createSourceFiles } from './source-files.js'

/** The share of the CPU time that one source file takes itself. */
export interface ProfileRow {
  readonly file: string
  readonly share: number
}

/** A profile of one kind of load. */
export interface LoadProfile {
  readonly title: string
  readonly rows: readonly ProfileRow[]
}

/** Smaller shares are left out. */
const minShare = 0.005

/** Deltas of a step in which each session also appends once: a server sends audio faster than it is played. */
const deltasPerAppend = 1

/**
 * Profiles a flood, in which one session after another receives a conversation, and a paced load, in which all sessions take turns: each appends
 * 20 ms of audio and receives a delta. There are no sockets, so the shares are those of the library and of the conversion of frames to text.
 */
export async function measureProfiles(trace: Trace, sessions: number, seconds: number): Promise<LoadProfile[]> {
  return [
    { title: 'flood', rows: await profileOf(() => flood(trace), seconds) },
    { title: `paced, ${sessions} sessions`, rows: await profileOf(await paced(trace, sessions), seconds) },
  ]
}

async function flood({ greeting, frames }: Trace): Promise<void> {
  const { session, transport } = await ourSession(greeting.toString())
  session.on('response.output_audio.delta', ({ delta }) => void delta.length)
  for (const frame of frames) transport.deliver(frame.toString())
  await session.close()
}

async function paced({ greeting, frames }: Trace, count: number): Promise<() => Promise<void>> {
  const all: OurSession[] = []
  for (let index = 0; index < count; index++) {
    const created = await ourSession(greeting.toString())
    created.session.on('response.output_audio.delta', ({ delta }) => void delta.length)
    all.push(created)
  }
  const chunk = new Uint8Array(960)
  const start = frames.findIndex((frame) => frame.includes('"response.output_audio.delta"'))
  for (const { transport } of all) for (const frame of frames.slice(0, start)) transport.deliver(frame.toString())
  const deltas = frames.slice(start, start + 200).filter((frame) => frame.includes('.delta"'))
  let position = 0
  return async () => {
    for (let delta = 0; delta < deltasPerAppend; delta++) {
      const frame = deltas[position++ % deltas.length]
      for (const { session, transport } of all) {
        session.audio.append(chunk)
        if (frame) transport.deliver(frame.toString())
      }
    }
  }
}

/** Repeats a step for a third of the time without a profile, so that the code is compiled, and then with one. */
async function profileOf(step: () => Promise<void>, seconds: number): Promise<ProfileRow[]> {
  const repeat = async (until: number) => {
    while (performance.now() < until) {
      await step()
      await settle()
    }
  }
  await repeat(performance.now() + (seconds * 1_000) / 3)
  const inspector = new Session()
  inspector.connect()
  await inspector.post('Profiler.enable')
  await inspector.post('Profiler.start')
  await repeat(performance.now() + seconds * 1_000)
  const { profile } = await inspector.post('Profiler.stop')
  inspector.disconnect()
  return rowsOf(profile)
}

function rowsOf({ nodes, samples = [] }: Profiler.Profile): ProfileRow[] {
  const sources = createSourceFiles()
  const files = new Map(nodes.map(({ id, callFrame }) => [id, fileOf(callFrame)]))
  const counts = new Map<string, number>()
  for (const sample of samples) {
    const file = files.get(sample)
    if (file !== undefined) counts.set(file, (counts.get(file) ?? 0) + 1)
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return [...counts]
    .map(([file, count]) => ({ file, share: count / total }))
    .filter(({ share }) => share >= minShare)
    .sort((a, b) => b.share - a.share)

  /** Idle time is left out. */
  function fileOf({
    url,
    lineNumber,
    functionName,
  }: Profiler.Profile['nodes'][number]['callFrame']): string | undefined {
    if (functionName === '(idle)' || functionName === '(root)') return undefined
    if (functionName.startsWith('(')) return functionName
    if (url === '' || url.startsWith('node:')) return `Node.js: ${functionName || url}`
    return sources.fileAt(url, lineNumber) ?? '(other)'
  }
}
