import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClientSecret, isHttpError } from 'realtime-primitives/server'
import { createEmulator, type EmulatorOptions } from 'realtime-primitives/testing'
import { type EmulatorServer, serve } from 'realtime-primitives/testing/node'
import { emulatedTalk } from './emulated-talk.js'
import type { Settings } from './page/settings.js'

const model = 'gpt-realtime-2.1'
const instructions = 'You are good company. Answer in one or two short sentences, in the language of the caller.'
const emulatorKey = 'sk-only-this-program-knows'

export interface SiteOptions {
  /** Standard API key. Without one, the page uses an emulator. */
  readonly apiKey?: string | undefined
  /** @default one that is free */
  readonly port?: number
  /** How the emulator talks. */
  readonly emulator?: EmulatorOptions
  /** Returns the scripts of the page. By default they are bundled from their sources. */
  readonly scripts?: () => Promise<PageScripts>
}

/** The script of the page, and that of the audio thread. */
export interface PageScripts {
  readonly page: string | Uint8Array
  readonly worklet: string | Uint8Array
}

export interface Site {
  readonly url: string
  /** Kinds of connection that the page offers. WebRTC to the emulator needs the package `werift`. */
  readonly ways: Settings['ways']
  /** Ends every conversation with the emulator, as a server that goes down for a moment. */
  dropCalls(): Promise<void>
  close(): Promise<void>
}

/** The API that the page uses: the service or an emulator, with the same interface. */
interface Service {
  readonly name: Settings['service']
  readonly apiKey: string
  readonly baseUrl?: string
  readonly ways: Settings['ways']
  /** What the page may connect to. */
  readonly origins: readonly string[]
  drop(): Promise<void>
  close(): Promise<void>
}

/** Serves the page on 127.0.0.1. */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const [files, service] = await Promise.all([pageFiles(options.scripts), startService(options)])
  const settings: Settings = {
    service: service.name,
    model,
    ways: service.ways,
    ...(service.baseUrl === undefined ? {} : { baseUrl: service.baseUrl }),
  }
  const headers = headersFor(service.origins)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, type: string, body: string | Uint8Array) =>
      response.writeHead(status, { ...headers, 'content-type': type }).end(body)
    const { method, url = '/' } = request
    if (!isOwn(request)) return void send(403, 'text/plain', 'Only the page of this server.')
    const file = files.get(url)
    if (method === 'GET' && file) return void send(200, file.type, file.body)
    if (method === 'GET' && url === '/settings') return void send(200, 'application/json', JSON.stringify(settings))
    if (method === 'POST' && url === '/client-secret') {
      const { status, body } = await mint(service)
      return void send(status, 'application/json', JSON.stringify(body))
    }
    send(404, 'text/plain', 'Not found')
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error)
      response.destroy()
    })
  })
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.port ?? 0, '127.0.0.1', resolve)
    })
  } catch (error) {
    await service.close()
    throw error
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    ways: service.ways,
    dropCalls: () => service.drop(),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      await service.close()
    },
  }
}

async function startService({ apiKey, emulator: talk = emulatedTalk() }: SiteOptions): Promise<Service> {
  if (apiKey !== undefined) {
    const origins = ['https://api.openai.com', 'wss://api.openai.com']
    return { name: 'OpenAI', apiKey, ways: ['webrtc', 'websocket'], origins, async drop() {}, async close() {} }
  }
  const emulator = createEmulator({ ...talk, apiKey: emulatorKey })
  const server: EmulatorServer = await serve(emulator)
  return {
    name: 'emulator',
    apiKey: emulatorKey,
    baseUrl: server.httpUrl,
    ways: (await isInstalled('werift')) ? ['webrtc', 'websocket'] : ['websocket'],
    origins: [new URL(server.httpUrl).origin, new URL(server.url).origin],
    drop: () => emulator.close(),
    close: () => server.close(),
  }
}

async function isInstalled(name: string): Promise<boolean> {
  return import(name).then(
    () => true,
    () => false,
  )
}

/** Creates a client secret that expires after a minute and can only start this conversation. */
async function mint({ apiKey, baseUrl }: Service): Promise<{ status: number; body: object }> {
  try {
    const { value } = await createClientSecret(
      {
        expires_after: { anchor: 'created_at', seconds: 60 },
        session: { type: 'realtime', model, instructions, audio: { output: { voice: 'marin' } } },
      },
      { apiKey, ...(baseUrl === undefined ? {} : { baseUrl }) },
    )
    return { status: 200, body: { value } }
  } catch (error) {
    if (!isHttpError(error)) throw error
    console.error(error.message)
    return {
      status: 502,
      body: { problem: 'The server could not create a client secret. Its terminal shows the reason.' },
    }
  }
}

/** Other sites can send requests to 127.0.0.1 too, and have names that lead there: each would talk at your expense. */
function isOwn({ headers, socket }: IncomingMessage): boolean {
  const hosts = [`127.0.0.1:${socket.localPort}`, `localhost:${socket.localPort}`]
  const { host = '', origin } = headers
  return hosts.includes(host) && (origin === undefined || hosts.some((own) => origin === `http://${own}`))
}

/** Strict policy: no inline scripts or styles, no `blob:`, and no servers except this one and the API. */
function headersFor(origins: readonly string[]): Record<string, string> {
  const policy = [
    ...["default-src 'none'", "script-src 'self'", "style-src 'self'", 'img-src data:'],
    ...[`connect-src 'self' ${origins.join(' ')}`, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
    "require-trusted-types-for 'script'",
  ]
  return {
    'content-security-policy': policy.join('; '),
    'permissions-policy': 'microphone=(self), camera=(), geolocation=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  }
}

interface PageFile {
  readonly type: string
  readonly body: string | Uint8Array
}

async function bundleScripts(): Promise<PageScripts> {
  const { bundlePage } = await import('./bundle.js')
  return bundlePage()
}

async function pageFiles(scripts = bundleScripts): Promise<ReadonlyMap<string, PageFile>> {
  const read = (name: string) => readFile(new URL(`page/${name}`, import.meta.url))
  const [html, css, { page, worklet }] = await Promise.all([read('index.html'), read('style.css'), scripts()])
  const script = 'text/javascript; charset=utf-8'
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body: html }],
    ['/style.css', { type: 'text/css; charset=utf-8', body: css }],
    ['/page.js', { type: script, body: page }],
    ['/worklet.js', { type: script, body: worklet }],
  ])
}
