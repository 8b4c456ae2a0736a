/**
 * An immutable list in pieces of at most 64 elements. A change copies one piece and the list of pieces, so the cost of an event does not
 * grow with the history. Searches start at the end, because most events are about recent elements.
 */
export type Chunks<T> = readonly (readonly T[])[]

/** A position in {@link Chunks}: the index of the piece, and the index in the piece. */
export type Place = readonly [piece: number, index: number]

const pieceLength = 64

/** Returns the place of the last element that matches. */
export function findLast<T>(chunks: Chunks<T>, matches: (value: T) => boolean): Place | undefined {
  for (let piece = chunks.length - 1; piece >= 0; piece--) {
    const index = chunks[piece]?.findLastIndex(matches) ?? -1
    if (index >= 0) return [piece, index]
  }
  return undefined
}

/** Returns the element at a place. */
export function at<T>(chunks: Chunks<T>, [piece, index]: Place): T | undefined {
  return chunks[piece]?.[index]
}

/** Returns the place after another, or `undefined` at the end. */
export function nextPlace<T>(chunks: Chunks<T>, [piece, index]: Place): Place | undefined {
  if (index + 1 < (chunks[piece]?.length ?? 0)) return [piece, index + 1]
  return piece + 1 < chunks.length ? [piece + 1, 0] : undefined
}

/** Returns the list with the element at a place replaced. */
export function replace<T>(chunks: Chunks<T>, [piece, index]: Place, value: T): Chunks<T> {
  return splice(chunks, piece, index, 1, value)
}

/** Returns the list without the element at a place. */
export function remove<T>(chunks: Chunks<T>, [piece, index]: Place): Chunks<T> {
  return splice(chunks, piece, index, 1)
}

/** Returns the list with an element added after a place, at the end, or at the front. */
export function insert<T>(chunks: Chunks<T>, behind: Place | 'end' | 'front', value: T): Chunks<T> {
  if (chunks.length === 0) return [[value]]
  if (behind === 'front') return splice(chunks, 0, 0, 0, value)
  if (behind === 'end') return splice(chunks, chunks.length - 1, chunks.at(-1)?.length ?? 0, 0, value)
  return splice(chunks, behind[0], behind[1] + 1, 0, value)
}

/** Returns all elements in order as one array. */
export function flatten<T>(chunks: Chunks<T>): readonly T[] {
  return chunks.flat()
}

function splice<T>(chunks: Chunks<T>, piece: number, index: number, drop: number, ...values: T[]): Chunks<T> {
  const changed = (chunks[piece] ?? []).toSpliced(index, drop, ...values)
  if (changed.length === 0) return chunks.toSpliced(piece, 1)
  if (changed.length <= pieceLength) return chunks.with(piece, changed)
  // An append to a full piece, the common case, keeps that piece and starts a new one.
  const cut = index === pieceLength ? pieceLength : pieceLength / 2
  return chunks.toSpliced(piece, 1, changed.slice(0, cut), changed.slice(cut))
}
