/**
 * An immutable set of ids in buckets: a change copies one bucket and the list of buckets, and a question reads one bucket, so that both
 * cost the same with ten ids as with ten thousand.
 */
export type IdSet = readonly (readonly string[])[]

const bucketCount = 256

/** The set without any id. */
export const noIds: IdSet = Array.from({ length: bucketCount }, () => [])

export function hasId(ids: IdSet, id: string): boolean {
  return ids[bucketOf(id)]?.includes(id) ?? false
}

/** The set with one more id, which must not be in it. */
export function addId(ids: IdSet, id: string): IdSet {
  const bucket = bucketOf(id)
  return ids.with(bucket, [...(ids[bucket] ?? []), id])
}

/** The set without an id. */
export function removeId(ids: IdSet, id: string): IdSet {
  const bucket = bucketOf(id)
  return ids.with(bucket, ids[bucket]?.filter((other) => other !== id) ?? [])
}

function bucketOf(id: string): number {
  let hash = 0
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash, 31) + id.charCodeAt(index)
  return (hash ^ (hash >>> 16)) & (bucketCount - 1)
}
