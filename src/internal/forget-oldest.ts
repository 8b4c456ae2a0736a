/** Removes the oldest entries until no more than `limit` are left. */
export function forgetOldest<Id>(known: Set<Id> | Map<Id, unknown>, limit: number): void {
  for (const oldest of known.keys()) {
    if (known.size <= limit) return
    known.delete(oldest)
  }
}
