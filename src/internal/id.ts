const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** An identifier such as `event_7Hc2…`: the prefix, an underscore, and 20 random letters and digits (119 bits). */
export function createId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20))
  let id = `${prefix}_`
  for (const byte of bytes) id += alphabet[byte % alphabet.length]
  return id
}
