/** Keeps a memory of ids within a bound: the oldest go first. */
export function forgetOldest(known: Set<string> | Map<string, unknown>, limit: number): void {
  for (const oldest of known.keys()) {
    if (known.size <= limit) return
    known.delete(oldest)
  }
}
