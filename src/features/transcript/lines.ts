import { at, type Chunks, findLast } from '../../session/state/chunks.js'
import { hasId } from '../../session/state/id-set.js'
import type { ConversationState, ItemState } from '../../session/state/state.js'
import { earlyLineOf, isSameLine, lineOf, type Timing, type TranscriptLine } from './line.js'

/** The lines of a conversation. An update looks only at the chunks of the conversation that changed. */
export interface Lines {
  /** Returns all lines in order, the same list as long as none changed, and the lines that are new or changed. */
  update(conversation: ConversationState): { all: Chunks<TranscriptLine>; changed: readonly TranscriptLine[] }
  /** Sets when an item was played or spoken. The next update contains it. */
  setTiming(itemId: string, timing: Timing): void
  getTiming(itemId: string): Timing | undefined
  forget(itemId: string): void
}

/** The lines of one chunk of items. `byIndex` has an entry per item, which is `undefined` for items without a line. */
interface ChunkLines {
  readonly byIndex: readonly (TranscriptLine | undefined)[]
  readonly lines: readonly TranscriptLine[]
}

export function createLines(): Lines {
  const timings = new Map<string, Timing>()
  /** Items whose timing changed since the last update. */
  const retimed = new Set<string>()
  const chunks = new WeakMap<readonly ItemState[], ChunkLines>()
  const lineByItem = new WeakMap<ItemState, TranscriptLine>()
  let all: Chunks<TranscriptLine> = []
  /** The lines of transcripts whose items have not arrived. */
  let early: readonly TranscriptLine[] = []
  let current: ConversationState | undefined

  function linesOf(chunk: readonly ItemState[], index: number, changed: TranscriptLine[]): readonly TranscriptLine[] {
    const known = chunks.get(chunk)
    if (known) return known.lines
    const previous = current?.items[index]
    const previousLines = previous && chunks.get(previous)
    const before = all[index] ?? []
    const byIndex = chunk.map((item, position) => {
      if (previousLines && previous[position] === item) return previousLines.byIndex[position]
      return lineOfItem(item, before, changed)
    })
    const next = byIndex.filter((line) => line !== undefined)
    const lines = isSameList(next, before) ? before : next
    chunks.set(chunk, { byIndex, lines })
    return lines
  }

  function lineOfItem(item: ItemState, before: readonly TranscriptLine[], changed: TranscriptLine[]) {
    const known = lineByItem.get(item)
    if (known) return known
    const line = lineOf(item, timings.get(item.id))
    if (!line) return undefined
    const kept = reuse(line, before, changed)
    lineByItem.set(item, kept)
    return kept
  }

  /** Returns the previous line of the same id if nothing in it changed. */
  function reuse(line: TranscriptLine, before: readonly TranscriptLine[], changed: TranscriptLine[]): TranscriptLine {
    const old = before.find(({ id }) => id === line.id) ?? early.find(({ id }) => id === line.id)
    if (old && isSameLine(old, line)) return old
    changed.push(line)
    return line
  }

  function dropRetimed({ ids, items }: ConversationState): void {
    for (const itemId of retimed) {
      const place = hasId(ids, itemId) ? findLast(items, ({ id }) => id === itemId) : undefined
      const item = place && at(items, place)
      if (!item) continue
      lineByItem.delete(item)
      const chunk = items[place[0]]
      if (chunk) chunks.delete(chunk)
      // The previous version of the chunk contains the line with the previous timing.
      const previous = current?.items[place[0]]
      if (previous) chunks.delete(previous)
    }
    retimed.clear()
  }

  return {
    update(conversation) {
      const changed: TranscriptLine[] = []
      if (conversation === current && retimed.size === 0) return { all, changed }
      dropRetimed(conversation)
      const placed = conversation.items.map((chunk, index) => linesOf(chunk, index, changed))
      const unplaced = Object.entries(conversation.early).map(([id, transcript]) =>
        reuse(earlyLineOf(id, transcript, timings.get(id)), early, changed),
      )
      const next = unplaced.length > 0 ? [...placed, unplaced] : placed
      current = conversation
      early = unplaced
      if (!isSameList(next, all)) all = next
      return { all, changed }
    },
    setTiming(itemId, timing) {
      timings.set(itemId, timing)
      retimed.add(itemId)
    },
    getTiming: (itemId) => timings.get(itemId),
    forget(itemId) {
      timings.delete(itemId)
      retimed.delete(itemId)
    },
  }
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}
