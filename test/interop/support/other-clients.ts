import { spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EmulatorServer } from 'realtime-primitives/testing/node'
import type { ProtocolEvent, StockClient, StockConnection } from './stock-clients.js'

const pythonBridge = fileURLToPath(new URL('bridge.py', import.meta.url))
const nodeBridges = fileURLToPath(new URL('bridges', import.meta.url))

/** A program that connects a client to standard input and output. */
interface Bridge {
  readonly program: string
  readonly args: readonly string[]
  /** The environment of the program, with the path of the certificate of the emulator. */
  env(certificate: string): NodeJS.ProcessEnv
}

/**
 * Starts a bridge in a new process, and resolves when it has received an event. The client trusts the certificate of the emulator by an
 * environment variable, which the command line of the emulator prints.
 */
async function startBridge(
  { program, args, env }: Bridge,
  { certificate = '' }: EmulatorServer,
): Promise<StockConnection> {
  const trusted = mkdtempSync(join(tmpdir(), 'certify-'))
  const file = join(trusted, 'emulator.pem')
  writeFileSync(file, certificate)
  const child = spawn(program, args, { env: { ...process.env, ...env(file) }, stdio: ['pipe', 'pipe', 'inherit'] })
  child.once('exit', () => rmSync(trusted, { recursive: true, force: true }))
  // A bridge that has exited reports its failure on standard error.
  child.stdin.on('error', () => {})
  const events: ProtocolEvent[] = []
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      events.push(JSON.parse(line))
      resolve()
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the bridge exited with code ${code} before it received an event`)))
  })
  return {
    events,
    send: (event) => void child.stdin.write(`${JSON.stringify(event)}\n`),
    close: () => child.stdin.end(),
  }
}

/**
 * Returns a Python library as a client.
 * @param folder - Folder that `pip install --target` has installed the library to.
 */
export function pythonClient(library: 'websockets' | 'aiohttp', folder: string): StockClient {
  return {
    name: 'Python',
    package: library,
    async connect(server, apiKey) {
      const args = [pythonBridge, library, `${server.url}/realtime?model=gpt-realtime`, apiKey]
      const env = (file: string) => ({ PYTHONPATH: folder, SSL_CERT_FILE: file })
      return startBridge({ program: 'python3', args, env }, server)
    },
  }
}

/** Clients for Node.js that are no dependencies of this project, and the names of their bridges. */
const nodePackages: readonly (Omit<StockClient, 'connect'> & { readonly bridge: string })[] = [
  { bridge: 'livekit', package: '@livekit/agents-plugin-openai', name: 'RealtimeSession' },
  { bridge: 'mastra', package: '@mastra/voice-openai-realtime', name: 'OpenAIRealtimeVoice' },
  { bridge: 'ai-sdk', package: '@ai-sdk/openai', name: 'experimental_realtime with a client secret' },
  { bridge: 'beta', package: 'openai-realtime-api', name: 'RealtimeClient (beta)', dialect: 'beta' },
]

/**
 * Returns the clients for Node.js.
 * @param folder - Folder that npm has installed the packages and Node.js to. The bridges are copied to it, so that their imports resolve.
 */
export function nodeClients(folder: string): StockClient[] {
  for (const file of readdirSync(nodeBridges)) copyFileSync(join(nodeBridges, file), join(folder, file))
  return nodePackages.map(({ bridge, ...client }) => ({
    ...client,
    async connect(server, apiKey) {
      const program = join(folder, 'node_modules', '.bin', 'node')
      const args = [join(folder, `${bridge}.mjs`), server.url, apiKey]
      return startBridge({ program, args, env: (file) => ({ NODE_EXTRA_CA_CERTS: file }) }, server)
    },
  }))
}
