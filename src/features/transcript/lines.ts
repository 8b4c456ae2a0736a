import { at, type Chunks, findLast } from '../../session/state/chunks.js'
import { hasId } from '../../session/state/id-set.js'
import type { ConversationState, ItemState } from '../../session/state/state.js'
import { earlyLineOf, isSameLine, lineOf, type Timing, type TranscriptLine } from './line.js'

/** The lines of a conversation, kept up to date by looking only at the pieces of it that changed. */
export interface Lines {
  /** Lines in order, the same list as long as none changed, and those that are new or say something else. */
  update(conversation: ConversationState): { all: Chunks<TranscriptLine>; changed: readonly TranscriptLine[] }
  /** Notes when an item was heard; the next update shows it. */
  time(itemId: string, timing: Timing, conversation: ConversationState): void
  timing(itemId: string): Timing | undefined
  forget(itemId: string): void
}

export function createLines(): Lines {
  const timings = new Map<string, Timing>()
  const pieces = new WeakMap<readonly ItemState[], readonly TranscriptLine[]>()
  const known = new WeakMap<ItemState, TranscriptLine>()
  let all: Chunks<TranscriptLine> = []
  /** Words that wait for their items. */
  let waiting: readonly TranscriptLine[] = []
  let shown: ConversationState | undefined

  function derive(piece: readonly ItemState[], before: readonly TranscriptLine[], changed: TranscriptLine[]) {
    const lines = piece.flatMap((item) => {
      const line = known.get(item) ?? lineOf(item, timings.get(item.id))
      if (!line) return []
      const kept = known.has(item) ? line : renew(line, before, changed)
      known.set(item, kept)
      return [kept]
    })
    const result = isSameList(lines, before) ? before : lines
    pieces.set(piece, result)
    return result
  }

  /** The line as it was, if it still says the same. */
  function renew(line: TranscriptLine, before: readonly TranscriptLine[], changed: TranscriptLine[]): TranscriptLine {
    const old = before.find(({ id }) => id === line.id) ?? waiting.find(({ id }) => id === line.id)
    if (old && isSameLine(old, line)) return old
    changed.push(line)
    return line
  }

  return {
    update(conversation) {
      const changed: TranscriptLine[] = []
      if (conversation === shown) return { all, changed }
      shown = conversation
      const { items, early } = conversation
      const placed = items.map((piece, index) => pieces.get(piece) ?? derive(piece, all[index] ?? [], changed))
      const ids = Object.keys(early)
      const unplaced = ids.flatMap((id) => {
        const entry = early[id]
        return entry ? [renew(earlyLineOf(id, entry, timings.get(id)), waiting, changed)] : []
      })
      const next = unplaced.length > 0 ? [...placed, unplaced] : placed
      waiting = unplaced
      if (!isSameList(next, all)) all = next
      return { all, changed }
    },
    time(itemId, timing, { ids, items }) {
      timings.set(itemId, timing)
      shown = undefined
      const place = hasId(ids, itemId) ? findLast(items, ({ id }) => id === itemId) : undefined
      const piece = place && items[place[0]]
      const item = place && at(items, place)
      if (item) known.delete(item)
      if (piece) pieces.delete(piece)
    },
    timing: (itemId) => timings.get(itemId),
    forget: (itemId) => void timings.delete(itemId),
  }
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}
