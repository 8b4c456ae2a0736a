import { createSession, type Transport } from 'realtime-primitives'

/** Sends text and streams the response as text. No audio is generated, and none is charged. */
export async function textOnly(transport: Transport, question: string, print: (line: string) => void): Promise<string> {
  const session = createSession({ transport, config: { output_modalities: ['text'] } })
  await session.connect()
  await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text: question }] })

  const response = session.respond()
  let answer = ''
  for await (const words of response.text()) answer += words

  const { status } = await response.done
  await session.close()
  print(`${status}: ${answer}`)
  return answer
}
