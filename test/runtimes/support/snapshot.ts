import { createSession, selectItems, snapshot, webSocket } from 'realtime-primitives'

/** Says something, and leaves the session behind as text. */
export async function leave(baseUrl: string, apiKey: string): Promise<string> {
  const session = createSession({ transport: webSocket({ baseUrl, apiKey, model: 'gpt-realtime-2.1' }), config })
  await session.connect()
  const content = [{ type: 'input_text' as const, text: 'My name is Ada.' }]
  await session.items.create({ type: 'message', role: 'user', content })
  await session.respond().done
  const stored = JSON.stringify(snapshot(session))
  await session.close()
  return stored
}

/** Goes on from that text, and answers what the server then says, and how many items there are before and after. */
export async function goOn(baseUrl: string, apiKey: string, stored: string) {
  const session = createSession({
    transport: webSocket({ baseUrl, apiKey, model: 'gpt-realtime-2.1' }),
    snapshot: JSON.parse(stored),
  })
  const before = selectItems(session.getState()).length
  const restored = new Promise<number>((resolve) => session.on('restored', ({ lost }) => resolve(lost.length)))
  await session.connect()
  const response = session.respond()
  let words = ''
  for await (const text of response.text()) words += text
  await response.done
  const after = selectItems(session.getState()).length
  const { instructions } = session.getState().session as { instructions?: string }
  await session.close()
  return { before, lost: await restored, words, after, instructions }
}

const config = { instructions: 'Be brief.', output_modalities: ['text' as const] }
