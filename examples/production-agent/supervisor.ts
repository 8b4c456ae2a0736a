import type { Backend, SupervisorQuestion } from './backend.js'

/** The text model that decides. It is slower than the voice model, and better at rules. */
const supervisorModel = 'gpt-4.1'

const instructions = `You supervise the telephone agents of a snowboard shop. You get a question and the conversation so far.
Answer with what the agent should tell the caller, in one or two sentences that can be spoken.
Policy: a board can be returned within 30 days after delivery. Look the orders up before you decide. Never offer more than the price of an order.`

const tools = [
  {
    type: 'function',
    name: 'list_orders',
    description: 'Returns the orders of the caller, and the current date.',
    parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
    strict: true,
  },
] as const

export interface SupervisorOptions {
  readonly apiKey: string
  readonly baseUrl: string
  readonly orders: Backend['orders']
  /** Returns the current date, YYYY-MM-DD. */
  readonly today: () => string
}

/** The parts of a response of `POST /v1/responses` that are used here. */
interface ModelResponse {
  readonly output: readonly (
    | { readonly type: 'message'; readonly content: readonly { readonly type: string; readonly text?: string }[] }
    | { readonly type: 'function_call'; readonly call_id: string; readonly name: string; readonly arguments: string }
    | { readonly type: 'reasoning' }
  )[]
}

/** How often the model may call tools for one question. */
const maxRounds = 4

/** Asks the text model, runs its tools, and returns its answer. */
export async function askSupervisor(
  { customerId, question, transcript }: SupervisorQuestion,
  { apiKey, baseUrl, orders, today }: SupervisorOptions,
  signal?: AbortSignal,
): Promise<string> {
  const input: unknown[] = [
    { role: 'user', content: `Conversation:\n${transcript}\n\nQuestion of the agent: ${question}` },
  ]
  for (let round = 0; round < maxRounds; round++) {
    const response = await fetch(`${baseUrl}/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      // The model keeps nothing: the history is sent each time.
      body: JSON.stringify({ model: supervisorModel, instructions, input, tools, store: false }),
      ...(signal && { signal }),
    })
    // The body of an error can repeat the conversation, so it is not logged.
    if (!response.ok) throw new Error(`The supervisor is not available: HTTP ${response.status}`)
    const { output } = (await response.json()) as ModelResponse
    const calls = output.filter((item) => item.type === 'function_call')
    if (calls.length === 0) return textOf(output)
    input.push(...output)
    for (const call of calls) {
      const result =
        call.name === 'list_orders'
          ? { today: today(), orders: await orders(customerId, signal) }
          : { error: `There is no tool ${call.name}` }
      input.push({ type: 'function_call_output', call_id: call.call_id, output: JSON.stringify(result) })
    }
  }
  throw new Error('The supervisor found no answer')
}

function textOf(output: ModelResponse['output']): string {
  return output.flatMap((item) => (item.type === 'message' ? item.content.map(({ text = '' }) => text) : [])).join('')
}
