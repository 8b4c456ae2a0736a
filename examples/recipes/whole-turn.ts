import { createSession, runTools, type Transport, tool } from 'realtime-primitives'

const stock = tool({
  name: 'stock',
  description: 'Returns how many pieces of a product are in stock.',
  parameters: { type: 'object', properties: { product: { type: 'string' } }, required: ['product'] },
  execute: () => 12,
})

/** Sends a message and waits for the whole turn: the tool calls, and the response to their results. */
export async function wholeTurn(
  transport: Transport,
  question: string,
  print: (line: string) => void,
): Promise<string> {
  const session = createSession({ transport, config: { output_modalities: ['text'] } })
  runTools(session, [stock])
  await session.connect()

  const turn = await session.sendMessage(question).settled
  for (const { name, arguments: input, output } of turn.toolCalls) print(`${name}(${input}) returned ${output}`)
  print(`${turn.outcome.status}: ${turn.text}`)

  await session.close()
  return turn.text
}
