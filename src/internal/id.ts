const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Returns an identifier such as `event_7Hc2…`: the prefix, an underscore, and 21 random letters and digits (125 bits), as those of the service. */
export function createId(prefix: string): string {
  const bytes = randomBytes(21)
  let id = `${prefix}_`
  for (const byte of bytes) id += alphabet[byte % alphabet.length]
  return id
}

/**
 * Returns a function that creates identifiers with a shared random stem and a counter. They are as unique as those of {@link createId} and
 * cheaper to create. Used for events that are sent many times per second.
 */
export function createIdSource(prefix: string): () => string {
  const stem = createId(prefix).slice(0, prefix.length + 13)
  let count = 0
  return () => `${stem}${(count++).toString(36).padStart(6, '0')}`
}

/** Returns random bytes for identifiers. They need not be secret, so `Math.random` is used where `crypto` is missing (React Native). */
export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  if (typeof crypto === 'object' && typeof crypto.getRandomValues === 'function') return crypto.getRandomValues(bytes)
  return bytes.map(() => Math.floor(Math.random() * 256))
}
