import { createSession, webSocket } from 'realtime-primitives'
import { ourSession } from '../contenders/ours.js'
import { collectGarbage, settle } from '../measure.js'
import type { Trace } from '../trace.js'
import { type Kind, kinds, takeUsage, type Usage } from './heap-snapshot.js'
import { createSourceFiles, scriptUrls } from './source-files.js'

/** How many sessions the snapshots differ by. */
const sessions = 200

/** The objects of one connected session that belong to one source file, by kind. */
export interface HeapRow {
  readonly file: string
  readonly counts: { readonly [Name in Kind]: number }
  readonly bytes: number
  readonly bytesOf: { readonly [Name in Kind]: number }
}

/**
 * Compares heap snapshots before and after many sessions were connected, and returns what one of them holds: the largest files first.
 */
export async function measureHeap({ greeting }: Trace): Promise<readonly HeapRow[]> {
  const created = greeting.toString()
  const sources = createSourceFiles()
  const held: unknown[] = [webSocket, createSession]
  // Whatever exists once is created by these.
  for (let count = 0; count < 10; count++) held.push(await ourSession(created))
  await takeUsage(scriptUrls, sources)
  const before = await settledUsage()
  for (let count = 0; count < sessions; count++) held.push(await ourSession(created))
  const after = await settledUsage()
  if (held.length < sessions) throw new Error('the sessions were released')

  async function settledUsage(): Promise<ReadonlyMap<string, Usage>> {
    for (let round = 0; round < 3; round++) {
      await settle()
      collectGarbage()
    }
    return takeUsage(scriptUrls, sources)
  }

  const rows = new Map<
    string,
    HeapRow & { counts: Record<Kind, number>; bytesOf: Record<Kind, number>; bytes: number }
  >()
  for (const [key, { file, kind, count, bytes }] of after) {
    const row = rows.get(file) ?? { file, counts: zeros(), bytesOf: zeros(), bytes: 0 }
    rows.set(file, row)
    const { count: countBefore = 0, bytes: bytesBefore = 0 } = before.get(key) ?? {}
    row.counts[kind] += (count - countBefore) / sessions
    row.bytesOf[kind] += (bytes - bytesBefore) / sessions
    row.bytes += (bytes - bytesBefore) / sessions
  }
  return [...rows.values()].filter(({ bytes }) => bytes >= 20).sort((a, b) => b.bytes - a.bytes)
}

function zeros(): Record<Kind, number> {
  return Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>
}
