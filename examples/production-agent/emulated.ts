import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { call, createEmulator, reply, type Step } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'

/** The emulator understands no words. It takes the caller's turns for these sentences, one after the other. */
export const sentences = [
  'I want to send my board back.',
  'My number is 4711, born on the third of February 1990.',
  'Yes, the powder board. It is too long.',
  'No, thank you.',
]

export const script: readonly Step[] = [
  reply('Harbour Snowboards. What can I do for you?'),
  call('transfer_to_returns'),
  reply('Gladly. Tell me your customer number and your date of birth first.'),
  call('verify_caller', { customerNumber: '4711', birthDate: '1990-02-03' }),
  call('transfer_to_returns'),
  reply('Thank you. Is it the powder board that you want to return?'),
  call('ask_supervisor', { question: 'Can order A1 be returned because it is too long?' }),
  reply('I promise you get all your money back today.'),
  reply('It can be returned until the twentieth of December. Shall I send you a label?'),
  reply('Goodbye, and enjoy the snow.'),
]

export interface EmulatedService {
  readonly apiKey: string
  readonly baseUrl: string
  /** Base URL of the text model. */
  readonly textBaseUrl: string
  close(): Promise<void>
}

/** Starts emulators of the voice model and of the text model, which take the place of the service without a key. */
export async function startEmulators(): Promise<EmulatedService> {
  const apiKey = 'sk-emulator'
  let turn = 0
  let response = 0
  const emulator = createEmulator({
    apiKey,
    voice: 'tone',
    hear: () => sentences[turn++ % sentences.length] ?? '',
    script({ index }) {
      // Every call starts with the greeting.
      if (index === 0) turn = response = 0
      return script[response++ % script.length]
    },
  })
  const [voice, text] = await Promise.all([serve(emulator), startTextModel()])
  return {
    apiKey,
    baseUrl: voice.httpUrl,
    textBaseUrl: text.baseUrl,
    async close() {
      await Promise.all([voice.close(), text.close()])
    },
  }
}

/** Serves a scripted `POST /v1/responses` on 127.0.0.1: it calls `list_orders` first, and then answers. */
export async function startTextModel(): Promise<{ readonly baseUrl: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    if (request.method !== 'POST' || request.url !== '/v1/responses') return response.writeHead(404).end()
    const { input } = JSON.parse(body) as { readonly input: readonly { readonly type?: string }[] }
    const output = input.some(({ type }) => type === 'function_call_output')
      ? [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Yes. Offer a label.' }] }]
      : [{ type: 'function_call', call_id: 'call_1', name: 'list_orders', arguments: '{}' }]
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ output }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
