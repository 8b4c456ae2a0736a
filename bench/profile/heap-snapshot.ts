import { getHeapSnapshot } from 'node:v8'
import type { SourceFiles } from './source-files.js'

/** The kinds of objects in which the table of `bench heap` is divided. */
export const kinds = ['functions', 'contexts', 'maps and sets', 'arrays', 'objects', 'other'] as const
export type Kind = (typeof kinds)[number]

/** The objects of one kind that belong to one source file. */
export interface Usage {
  readonly file: string
  readonly kind: Kind
  count: number
  bytes: number
}

/** The format of heap snapshots: flat lists of numbers, with the names of their fields. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[]
      readonly node_types: readonly [readonly string[], ...unknown[]]
      readonly edge_fields: readonly string[]
      readonly edge_types: readonly [readonly string[], ...unknown[]]
      readonly location_fields: readonly string[]
    }
  }
  readonly nodes: readonly number[]
  readonly edges: readonly number[]
  readonly locations: readonly number[]
  readonly strings: readonly string[]
}

/** Takes a snapshot of the heap and returns what each source file holds, by file and kind. */
export async function takeUsage(
  urls: () => ReadonlyMap<number, string>,
  sources: SourceFiles,
): Promise<ReadonlyMap<string, Usage>> {
  const chunks: Buffer[] = []
  for await (const chunk of getHeapSnapshot()) chunks.push(chunk as Buffer)
  const snapshot = JSON.parse(Buffer.concat(chunks).toString()) as Snapshot
  return usageOf(snapshot, urls(), sources)
}

/**
 * A function belongs to the file of its code, and a context to the file of its functions. Everything else belongs to what holds it, so an
 * array or a map counts for the file whose function reaches it first.
 */
function usageOf(
  { snapshot: { meta }, nodes, edges, locations, strings }: Snapshot,
  urls: ReadonlyMap<number, string>,
  sources: SourceFiles,
): ReadonlyMap<string, Usage> {
  const width = meta.node_fields.length
  const [typeAt, nameAt, sizeAt, edgeCountAt] = ['type', 'name', 'self_size', 'edge_count'].map((name) =>
    meta.node_fields.indexOf(name),
  ) as [number, number, number, number]
  const edgeWidth = meta.edge_fields.length
  const [nodeTypes] = meta.node_types
  const [edgeTypes] = meta.edge_types
  const weak = edgeTypes.indexOf('weak')
  const count = nodes.length / width
  const firstEdge = new Uint32Array(count + 1)
  for (let node = 0; node < count; node++)
    firstEdge[node + 1] = (firstEdge[node] as number) + (nodes[node * width + edgeCountAt] as number)

  const typeOf = (node: number) => nodeTypes[nodes[node * width + typeAt] as number] as string
  const nameOf = (node: number) => strings[nodes[node * width + nameAt] as number] as string
  const files = new Array<string | undefined>(count)

  function* edgesOf(node: number): Generator<{ readonly name: string; readonly to: number }> {
    for (let edge = firstEdge[node] as number; edge < (firstEdge[node + 1] as number); edge++) {
      const at = edge * edgeWidth
      if (edges[at] === weak) continue
      yield { name: strings[edges[at + 1] as number] ?? '', to: (edges[at + 2] as number) / width }
    }
  }

  const locationWidth = meta.location_fields.length
  const functions: number[] = []
  for (let at = 0; at < locations.length; at += locationWidth) {
    const node = (locations[at] as number) / width
    if (typeOf(node) !== 'closure') continue
    files[node] = sources.fileAt(urls.get(locations[at + 1] as number), locations[at + 2] as number)
    if (files[node]) functions.push(node)
  }
  const contexts: number[] = []
  for (const node of functions)
    for (const { name, to } of edgesOf(node)) {
      if (name !== 'context' || files[to] || !nameOf(to).includes('Context')) continue
      files[to] = files[node]
      contexts.push(to)
    }
  // From the contexts first: what a function remembers is in its context.
  let reached = [...contexts, ...functions]
  while (reached.length > 0) {
    const next: number[] = []
    for (const node of reached)
      for (const { name, to } of edgesOf(node)) {
        if (files[to] || isShared(typeOf(to), name)) continue
        files[to] = files[node]
        next.push(to)
      }
    reached = next
  }

  const usage = new Map<string, Usage>()
  for (let node = 0; node < count; node++) {
    const kind = kindOf(typeOf(node), nameOf(node))
    const file = files[node] ?? '(no file)'
    const key = `${file} ${kind}`
    const entry = usage.get(key) ?? { file, kind, count: 0, bytes: 0 }
    usage.set(key, entry)
    entry.count += 1
    entry.bytes += nodes[node * width + sizeAt] as number
  }
  return usage
}

/** Code, shapes of objects, and prototypes are shared by all sessions. */
function isShared(type: string, edge: string): boolean {
  return type === 'code' || type === 'object shape' || edge === 'map' || edge === '__proto__' || edge === 'shared'
}

function kindOf(type: string, name: string): Kind {
  if (type === 'closure') return 'functions'
  if (name.startsWith('system / Context') || name.startsWith('system / FunctionContext')) return 'contexts'
  if (name === 'Map' || name === 'Set' || name === 'WeakMap' || name === 'WeakSet' || name === 'table')
    return 'maps and sets'
  if (type === 'array' || name === 'Array') return 'arrays'
  return type === 'object' ? 'objects' : 'other'
}
