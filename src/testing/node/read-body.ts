import { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'

const maxBodyBytes = 1 << 20

/** Reads the body of a request. Returns `undefined` when it is larger than 1 MiB. */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
