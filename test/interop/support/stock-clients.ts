import { OpenAIRealtimeWebSocket } from '@openai/agents-realtime'
import OpenAI, { AzureOpenAI } from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import type { EmulatorServer } from 'realtime-primitives/testing/node'

/** An event of the protocol, as third-party clients send and receive it. */
export interface ProtocolEvent {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: the types of these events belong to the clients.
  readonly [field: string]: any
}

/** A connection of an unmodified third-party client. */
export interface StockConnection {
  /** All received events, in order. */
  readonly events: readonly ProtocolEvent[]
  send(event: ProtocolEvent): void
  close(): void
}

/** A third-party client. */
export interface StockClient {
  readonly name: string
  /** npm package whose version is reported. */
  readonly package: string
  /** Protocol of the emulator that the client speaks. Defaults to GA. */
  readonly dialect?: 'beta'
  /** Opens a connection and resolves when it can send. */
  connect(server: EmulatorServer, apiKey: string): Promise<StockConnection>
}

type Emitter = Pick<OpenAIRealtimeWS, 'on' | 'send' | 'close' | 'socket'>

/** Returns the connection of a client of `openai`, when its socket is open. */
async function connectionOf(realtime: Emitter): Promise<StockConnection> {
  const events: ProtocolEvent[] = []
  realtime.on('event', (event) => void events.push(event as ProtocolEvent))
  // Errors of the server are events too. Errors of the connection fail the wait for an event.
  realtime.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    realtime.socket.once('open', resolve)
    realtime.socket.once('error', reject)
  })
  return { events, send: (event) => realtime.send(event as never), close: () => realtime.close() }
}

export const stockClients: readonly StockClient[] = [
  {
    name: 'OpenAIRealtimeWS',
    package: 'openai',
    async connect({ httpUrl, certificate }, apiKey) {
      const client = new OpenAI({ apiKey, baseURL: httpUrl })
      const options = { ca: certificate }
      return connectionOf(await OpenAIRealtimeWS.create(client, { model: 'gpt-realtime', options }))
    },
  },
  {
    name: 'AzureOpenAI with OpenAIRealtimeWS.azure',
    package: 'openai',
    async connect({ httpUrl, certificate }, apiKey) {
      const baseURL = httpUrl.replace(/\/v1$/, '/openai/v1')
      const client = new AzureOpenAI({ apiKey, baseURL, apiVersion: 'v1', deployment: 'my-deployment' })
      return connectionOf(await OpenAIRealtimeWS.azure(client, { options: { ca: certificate } }))
    },
  },
  {
    name: 'OpenAIRealtimeWebSocket',
    package: '@openai/agents-realtime',
    async connect({ url }, apiKey) {
      const transport = new OpenAIRealtimeWebSocket({ url: `${url.replace('wss', 'ws')}/realtime?model=gpt-realtime` })
      const events: ProtocolEvent[] = []
      transport.on('*', (event) => void events.push(event as ProtocolEvent))
      transport.on('error', () => {})
      await transport.connect({ apiKey, model: 'gpt-realtime', initialSessionConfig: {} })
      return { events, send: (event) => transport.sendEvent(event as never), close: () => transport.close() }
    },
  },
]
