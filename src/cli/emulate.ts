import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { emulatedDialects } from '../testing/emulator/dialects/serve-dialect.js'
import { createEmulator } from '../testing/emulator/emulator.js'
import type { EmulatorOptions } from '../testing/emulator/options.js'
import { reply } from '../testing/emulator/script.js'
import { serve } from '../testing/node/serve.js'
import { type Command, exitCodes, type Io } from './io.js'
import { readOptions } from './options.js'

const help = `Usage: realtime-primitives emulate [options]

Serves an emulated Realtime API over WebSocket and WebRTC until it is interrupted. No API key is needed.

  --port <number>         port to listen on (default: a free port)
  --host <address>        address to listen on; with another one, other machines can connect (default: 127.0.0.1)
  --script <file>         output of the model: a module with a script as its default export, or a JSON list of responses
  --api-key <key>         the only API key to accept (default: any)
  --voice <echo|tone>     audio of the responses; echo repeats the audio of the user (default: echo)
  --tls                   accept wss: and https: too, with a certificate that is created now; openai for Node.js needs it
  --allow-origin <origin> accept pages of another origin than this machine; can be repeated, * accepts all
  --dialect <name>        protocol of the server: ga, beta, xai, azure, azure-voice-live, inworld, or minimal, which leaves out
                          what some servers leave out (default: ga)
  --beta                  the same as --dialect beta
`

const options = {
  port: { type: 'string' },
  host: { type: 'string', default: '127.0.0.1' },
  script: { type: 'string' },
  'api-key': { type: 'string' },
  voice: { type: 'string', default: 'echo' },
  tls: { type: 'boolean', default: false },
  'allow-origin': { type: 'string', multiple: true },
  dialect: { type: 'string' },
  beta: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

type Script = NonNullable<EmulatorOptions['script']>

/** The `realtime-primitives emulate` command. */
export const emulate: Command = async (args, io) => {
  const parsed = readOptions(args, options)
  if ('problem' in parsed) return usageError(io, parsed.problem)
  const { values, positionals } = parsed
  if (values.help) {
    io.out(help)
    return exitCodes.ok
  }
  if (positionals.length > 0) return usageError(io, `There is nothing to do with "${positionals[0]}"`)
  const port = values.port === undefined ? 0 : Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return usageError(io, '--port is a number up to 65535')
  if (values.voice !== 'echo' && values.voice !== 'tone') return usageError(io, '--voice is echo or tone')
  const dialect = emulatedDialects.find((name) => name === (values.dialect ?? (values.beta ? 'beta' : 'ga')))
  if (dialect === undefined) return usageError(io, `--dialect is one of ${emulatedDialects.join(', ')}`)
  const script = values.script === undefined ? undefined : await readScript(resolve(io.cwd, values.script))
  if (script !== undefined && 'problem' in script) return usageError(io, `${values.script} ${script.problem}`)

  const apiKey = values['api-key']
  const emulator = createEmulator({
    voice: values.voice,
    ...(script && { script: script.script }),
    ...(apiKey && { apiKey }),
  })
  const origins = values['allow-origin'] ?? []
  const invalidOrigin = origins.find((origin) => origin !== '*' && !isOrigin(origin))
  if (invalidOrigin !== undefined)
    return usageError(
      io,
      `--allow-origin is an origin such as https://app.example.com, or *, but got "${invalidOrigin}"`,
    )
  const server = await serve(emulator, {
    port,
    host: values.host,
    ...(values.tls && { tls: true }),
    allowOrigin: origins.includes('*') ? '*' : origins,
    dialect,
  }).catch((error: NodeJS.ErrnoException) => error)
  if (server instanceof Error) {
    const problem = server.code === 'EADDRINUSE' ? `Port ${port} is taken; choose another, or none.` : server.message
    io.err(`${problem}\n`)
    await emulator.close()
    return exitCodes.usage
  }
  const certificate = await saveCertificate(server.certificate)
  io.out(`The emulator listens on ${server.url}/realtime?model=gpt-realtime-2.1

  OPENAI_BASE_URL=${server.httpUrl}
  OPENAI_API_KEY=${apiKey ?? 'any'}
${certificate ? `  NODE_EXTRA_CA_CERTS=${certificate.path}\n  SSL_CERT_FILE=${certificate.path}\n` : ''}
Press Ctrl-C to stop.
`)
  await interrupted(io.signal)
  await server.close()
  await emulator.close()
  await certificate?.remove()
  io.out('The emulator has stopped.\n')
  return exitCodes.ok
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}

/** Writes the certificate to a file for clients to trust, because clients take it as a path. */
async function saveCertificate(
  certificate: string | undefined,
): Promise<{ readonly path: string; remove(): Promise<void> } | undefined> {
  if (certificate === undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'realtime-primitives-'))
  const path = join(folder, 'emulator.pem')
  await writeFile(path, certificate)
  return { path, remove: () => rm(folder, { recursive: true, force: true }) }
}

function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}

async function readScript(path: string): Promise<{ readonly script: Script } | { readonly problem: string }> {
  try {
    const read: unknown = path.endsWith('.json')
      ? JSON.parse(await readFile(path, 'utf8'))
      : ((await import(pathToFileURL(path).href)) as { default?: unknown }).default
    if (typeof read === 'function') return { script: read as Script }
    if (!Array.isArray(read)) return { problem: 'has no list of answers, and no function, as its default export' }
    return { script: read.map((step: unknown) => (typeof step === 'string' ? reply(step) : step)) as Script }
  } catch (error) {
    return { problem: `cannot be read: ${(error as Error).message.split('\n')[0]}` }
  }
}

function usageError(io: Io, problem: string): number {
  io.err(`${problem}.\n\n${help}`)
  return exitCodes.usage
}
