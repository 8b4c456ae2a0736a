import type { RecordedLine } from 'realtime-primitives'
import { beforePaint, find, followEnd, make } from './dom.js'

/** An event, or pieces of the same kind that followed one another. */
interface Entry {
  readonly ms: number
  readonly direction: RecordedLine['direction']
  readonly type: string
  /** An audio or text delta. About 50 arrive per second. */
  readonly isPiece: boolean
  /** The last of them. */
  event: unknown
  count: number
}

export interface Timeline {
  add(line: RecordedLine): void
  clear(): void
}

/** A call of an hour has half a million events: so many are kept, and so many of these are in the page at once. */
const mostKept = { event: 2_000, piece: 1_000 } as const
const mostShown = 250
const ways = { sent: '↑', received: '↓', local: '·' } as const

/** Every event in the order of the wire, to be filtered and opened. */
export function createTimeline(): Timeline {
  const list = find('events', HTMLOListElement)
  const follow = followEnd(list)
  const count = find('event-count', HTMLElement)
  const search = find('event-filter', HTMLInputElement)
  const boxes = {
    sent: find('show-sent', HTMLInputElement),
    received: find('show-received', HTMLInputElement),
    pieces: find('show-pieces', HTMLInputElement),
  }
  let entries: Entry[] = []
  let kept = { event: 0, piece: 0 }
  let total = 0
  const rows = new Map<Entry, HTMLLIElement>()

  function isWanted({ direction, type, isPiece }: Entry): boolean {
    if (isPiece && !boxes.pieces.checked) return false
    if (direction !== 'local' && !boxes[direction].checked) return false
    return type.includes(search.value.trim().toLowerCase())
  }

  const draw = beforePaint(() =>
    follow(() => {
      const wanted = entries.filter(isWanted)
      const shown = wanted.slice(-mostShown)
      const inPage = new Set(shown)
      for (const [entry, row] of rows)
        if (!inPage.has(entry)) {
          row.remove()
          rows.delete(entry)
        }
      for (const [index, entry] of shown.entries()) {
        const row = rows.get(entry) ?? createRow(entry)
        rows.set(entry, row)
        if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null)
        tellCount(row, entry)
      }
      const left = wanted.length > shown.length ? `, the last ${shown.length} shown` : ''
      count.textContent = total === 0 ? 'No events yet' : `${wanted.length} of ${total} events${left}`
    }),
  )

  search.addEventListener('input', draw)
  for (const box of Object.values(boxes)) box.addEventListener('change', draw)
  draw()

  return {
    add({ ms, direction, event }) {
      const type = (event as { type?: string } | null)?.type ?? 'no event'
      if (direction === 'local' && type === 'recording') return
      total += 1
      const last = entries.at(-1)
      if (last?.isPiece && last.type === type && last.direction === direction) {
        last.event = event
        last.count += 1
      } else {
        const isPiece = type.endsWith('.delta') || type === 'input_audio_buffer.append'
        entries.push({ ms, direction, type, isPiece, event, count: 1 })
        kept[isPiece ? 'piece' : 'event'] += 1
        for (const kind of ['event', 'piece'] as const) if (kept[kind] > mostKept[kind]) drop(kind)
      }
      draw()
    },
    clear() {
      entries = []
      kept = { event: 0, piece: 0 }
      total = 0
      draw()
    },
  }

  /** Drops the older half of a kind. */
  function drop(kind: 'event' | 'piece'): void {
    let excess = Math.floor(kept[kind] / 2)
    kept[kind] -= excess
    entries = entries.filter(({ isPiece }) => isPiece !== (kind === 'piece') || excess-- <= 0)
  }
}

function createRow(entry: Entry): HTMLLIElement {
  const row = make('li', 'event')
  row.dataset.direction = entry.direction
  row.dataset.type = entry.type
  row.dataset.ms = String(entry.ms)
  const details = make('details')
  const summary = make('summary')
  const way = make('span', 'way', ways[entry.direction])
  way.setAttribute('aria-hidden', 'true')
  const type = make('code', 'type')
  // A long name breaks at its dots.
  for (const part of entry.type.split(/(?<=[._])/)) type.append(part, make('wbr'))
  summary.append(
    way,
    make('span', 'sr', `${entry.direction}: `),
    type,
    make('span', 'times'),
    make('time', '', `${(entry.ms / 1000).toFixed(3)} s`),
  )
  details.append(summary)
  details.addEventListener('toggle', () => {
    details.querySelector('pre')?.remove()
    if (!details.open) return
    // Of pieces it is the last one.
    const json = make('pre', '', JSON.stringify(entry.event, null, 2))
    json.tabIndex = 0
    details.append(json)
  })
  row.append(details)
  return row
}

function tellCount(row: HTMLLIElement, { count }: Entry): void {
  const times = row.querySelector('.times')
  if (times) times.textContent = count > 1 ? `× ${count}` : ''
}
