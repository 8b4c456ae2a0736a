// Since TypeScript 5.7, typed arrays are generic: `Uint8Array<ArrayBuffer>`. In earlier versions, a type argument is an error. The published
// declarations use the return type of `Uint8Array.of`, which is `Uint8Array<ArrayBuffer>` in new versions and `Uint8Array` in earlier ones.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = new URL('../dist', import.meta.url).pathname
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.d.ts')) continue
  const path = join(entry.parentPath, entry.name)
  const text = readFileSync(path, 'utf8')
  const portable = text
    .replace(/\b(\w+Array)<ArrayBuffer>/g, "ReturnType<$1Constructor['of']>")
    // Before TypeScript 5.6, `AsyncIterableIterator` has one type parameter.
    .replace(/\bAsyncIterableIterator<(\w+), undefined>/g, 'AsyncIterableIterator<$1>')
  if (portable !== text) writeFileSync(path, portable)
}
