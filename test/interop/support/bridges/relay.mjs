// Connects a client to standard input and output, as `../bridge.py` does: one event of the protocol in JSON per line.
import { createInterface } from 'node:readline'

/** The arguments of a bridge: the base URL of the API, over WebSocket, and the API key. */
export const [baseUrl, apiKey] = process.argv.slice(2)

/** Writes an event that the client has received. */
export function show(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}

/** Performs the events of standard input one after another, and closes at its end. */
export async function relay(perform, close) {
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      await perform(JSON.parse(line))
    } catch (error) {
      process.stderr.write(`${error}\n`)
    }
  }
  await close()
  process.exit(0)
}

/** Returns the PCM of an `input_audio_buffer.append` event. */
export function pcmOf({ audio }) {
  const bytes = Buffer.from(audio, 'base64')
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}
