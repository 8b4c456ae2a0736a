import { pathToFileURL } from 'node:url'
import { createEmulator, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { describe, expect, it, vi } from 'vitest'
import { pythonClient } from './support/other-clients.js'
import { stockClients } from './support/stock-clients.js'
import { tasks } from './support/tasks.js'

// Set by `npm run certify:clients`, which installs clients that are no dependencies of this project, and makes a table of the test names.
const { CERTIFY_PYTHON: python, CERTIFY_BETA: beta } = process.env

const clients = [
  ...stockClients,
  ...(python ? (['websockets', 'aiohttp'] as const).map((library) => pythonClient(library, python)) : []),
]

describe.each(clients.map((client) => [`${client.package}: ${client.name}`, client] as const))('%s', (_, client) => {
  it.each(Object.entries(tasks))('%s', { timeout: 60_000 }, async (_task, run) => {
    await run(client)
  })
})

/** The part of the beta client that the test uses. */
interface BetaClient {
  connect(): Promise<void>
  disconnect(): void
  updateSession(config: object): void
  sendUserMessageContent(content: readonly object[]): void
  readonly conversation: { getItems(): readonly { role?: string; formatted: { text: string } }[] }
}

describe.runIf(beta)('openai-realtime-api: RealtimeClient (beta)', () => {
  it('text turn', { timeout: 60_000 }, async () => {
    const { RealtimeClient } = (await import(pathToFileURL(String(beta)).href)) as {
      RealtimeClient: new (options: object) => BetaClient
    }
    const emulator = createEmulator({ apiKey: 'sk-test', script: [reply('Good day to you.')] })
    const server = await serve(emulator, { dialect: 'beta' })
    const client = new RealtimeClient({ url: `${server.url}/realtime`, apiKey: 'sk-test' })
    try {
      await client.connect()
      client.updateSession({ modalities: ['text'] })
      client.sendUserMessageContent([{ type: 'input_text', text: 'Hello' }])
      const said = () => client.conversation.getItems().find(({ role }) => role === 'assistant')?.formatted.text
      await vi.waitFor(() => expect(said()).toBe('Good day to you.'), { timeout: 20_000 })
    } finally {
      client.disconnect()
      await server.close()
    }
  })
})
