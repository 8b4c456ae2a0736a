import { createSession, isTransportError, type TransportClose, webSocket } from 'realtime-primitives'

/** Results of a conversation in a runtime. */
export interface ConversationResult {
  /** Error of the handshake that the server rejected. */
  readonly refused: { readonly code: string; readonly status: number | undefined }
  readonly words: readonly string[]
  readonly status: string
  /** Close event of the transport. */
  readonly close: TransportClose | undefined
}

/** Opens a WebSocket that the server rejects, then holds a written turn over a second one and closes it. */
export async function holdConversation(baseUrl: string, apiKey: string): Promise<ConversationResult> {
  const transport = webSocket({ baseUrl, apiKey, model: 'gpt-realtime-2.1' })
  const refused = await transport.open().then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!isTransportError(refused, 'CONNECT_FAILED'))
    throw refused ?? new Error('the server accepted the first handshake')

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
