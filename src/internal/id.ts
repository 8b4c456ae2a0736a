const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Returns an identifier such as `event_7Hc2…`: the prefix, an underscore, and 21 random letters and digits (125 bits), as those of the service. */
export function createId(prefix: string): string {
  return formatId(prefix, randomBytes(idLength), 0)
}

/** Returns a function that creates identifiers as {@link createId} does, with random bytes for many of them at a time. */
export function createIdPool(prefix: string): () => string {
  let bytes: Uint8Array = new Uint8Array(0)
  let used = 0
  return () => {
    if (used === bytes.length) {
      bytes = randomBytes(idLength * idsPerDraw)
      used = 0
    }
    used += idLength
    return formatId(prefix, bytes, used - idLength)
  }
}

/** Returns the prefix of an identifier of {@link createId}. Other text is returned as it is. */
export function prefixOf(id: string): string {
  return id.replace(new RegExp(`_[${alphabet}]{${idLength}}$`), '')
}

const idLength = 21
const idsPerDraw = 32

function formatId(prefix: string, bytes: Uint8Array, from: number): string {
  let id = `${prefix}_`
  for (let at = from; at < from + idLength; at++) id += alphabet[(bytes[at] as number) % alphabet.length]
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
