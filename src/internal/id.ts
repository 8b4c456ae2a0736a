const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** An identifier such as `event_7Hc2…`: the prefix, an underscore, and 20 random letters and digits (119 bits). */
export function createId(prefix: string): string {
  const bytes = randomBytes(20)
  let id = `${prefix}_`
  for (const byte of bytes) id += alphabet[byte % alphabet.length]
  return id
}

/**
 * A source of identifiers that share a random stem and end in a number: as unique as {@link createId}, for a fraction of its price. For
 * what is made fifty times a second.
 */
export function createIdSource(prefix: string): () => string {
  const stem = createId(prefix).slice(0, prefix.length + 13)
  let count = 0
  return () => `${stem}${(count++).toString(36).padStart(6, '0')}`
}

/** Returns random bytes for identifiers, which are unique and need not be secret: React Native has no `crypto`. */
export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  if (typeof crypto === 'object' && typeof crypto.getRandomValues === 'function') return crypto.getRandomValues(bytes)
  return bytes.map(() => Math.floor(Math.random() * 256))
}
