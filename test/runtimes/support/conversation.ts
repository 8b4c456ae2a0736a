import { createSession, isTransportError, type TransportClose, webSocket } from 'realtime-primitives'

/** What a runtime did and saw. */
export interface Talk {
  /** How a handshake failed that the server refused. */
  readonly refused: { readonly code: string; readonly status: number | undefined }
  readonly words: readonly string[]
  readonly status: string
  /** How the transport ended. */
  readonly close: TransportClose | undefined
}

/** A handshake that the server refuses, then one written turn over a WebSocket, from connecting to the end. */
export async function talk(baseUrl: string, apiKey: string): Promise<Talk> {
  const transport = webSocket({ baseUrl, apiKey, model: 'gpt-realtime-2.1' })
  const refused = await transport.open().then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!isTransportError(refused, 'CONNECT_FAILED')) throw refused ?? new Error('the server refused nothing')

  let close: TransportClose | undefined
  transport.on('close', (event) => {
    close = event
  })
  const session = createSession({ transport, config: { output_modalities: ['text'] } })
  await session.connect()
  await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello!' }] })
  const response = session.respond()
  const words: string[] = []
  for await (const piece of response.text()) words.push(piece)
  const { status } = await response.done
  await session.close()
  return { refused: { code: refused.code, status: refused.data.status }, words, status, close }
}
