import { createSession, selectItems, snapshot, webSocket } from 'realtime-primitives'

/** Holds a written turn, and returns the snapshot of the session as JSON. */
export async function saveSession(baseUrl: string, apiKey: string): Promise<string> {
  const session = createSession({ transport: webSocket({ baseUrl, apiKey, model: 'gpt-realtime-2.1' }), config })
  await session.connect()
  const content = [{ type: 'input_text' as const, text: 'My name is Ada.' }]
  await session.items.create({ type: 'message', role: 'user', content })
  await session.respond().done
  const stored = JSON.stringify(snapshot(session))
  await session.close()
  return stored
}

/** Restores a session and requests a response. Returns its text, and the number of items before and after it. */
export async function restoreSession(baseUrl: string, apiKey: string, stored: string) {
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
