/**
 * An immutable set of ids in buckets. A change copies one bucket and the list of buckets, and a lookup reads one bucket, so the cost hardly
 * grows with the number of ids.
 */
export type IdSet = readonly (readonly string[])[]

const bucketCount = 256

/** The empty set. */
export const noIds: IdSet = Array.from({ length: bucketCount }, () => [])

/** Returns whether an id is in the set. */
export function hasId(ids: IdSet, id: string): boolean {
  return ids[bucketOf(id)]?.includes(id) ?? false
}

/** Returns the set with an id added. The id must not be in it. */
export function addId(ids: IdSet, id: string): IdSet {
  const bucket = bucketOf(id)
  return ids.with(bucket, [...(ids[bucket] ?? []), id])
}

/** Returns the set without an id. */
export function removeId(ids: IdSet, id: string): IdSet {
  const bucket = bucketOf(id)
  return ids.with(bucket, ids[bucket]?.filter((other) => other !== id) ?? [])
}

function bucketOf(id: string): number {
  let hash = 0
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash, 31) + id.charCodeAt(index)
  return (hash ^ (hash >>> 16)) & (bucketCount - 1)
}
