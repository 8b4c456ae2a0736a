import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createEmulator } from '../testing/emulator/emulator.js'
import type { EmulatorOptions } from '../testing/emulator/options.js'
import { reply } from '../testing/emulator/script.js'
import { serve } from '../testing/node/serve.js'
import { type Command, exitCodes, type Io } from './io.js'
import { readOptions } from './options.js'

const help = `Usage: realtime-primitives emulate [options]

Serves an emulated Realtime API on 127.0.0.1 over WebSocket and WebRTC until it is interrupted. No API key is needed.

  --port <number>     port to listen on (default: a free port)
  --script <file>     output of the model: a module with a script as its default export, or a JSON list of responses
  --api-key <key>     the only API key to accept (default: any)
  --voice <echo|tone> audio of the responses; echo repeats the audio of the user (default: echo)
`

const options = {
  port: { type: 'string' },
  script: { type: 'string' },
  'api-key': { type: 'string' },
  voice: { type: 'string', default: 'echo' },
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
  const script = values.script === undefined ? undefined : await readScript(resolve(io.cwd, values.script))
  if (script !== undefined && 'problem' in script) return usageError(io, `${values.script} ${script.problem}`)

  const apiKey = values['api-key']
  const emulator = createEmulator({
    voice: values.voice,
    ...(script && { script: script.script }),
    ...(apiKey && { apiKey }),
  })
  const server = await serve(emulator, { port }).catch((error: NodeJS.ErrnoException) => error)
  if (server instanceof Error) {
    io.err(server.code === 'EADDRINUSE' ? `Port ${port} is taken; choose another, or none.\n` : `${server.message}\n`)
    await emulator.close()
    return exitCodes.usage
  }
  io.out(`The emulator listens on ${server.url}/realtime?model=gpt-realtime-2.1

  OPENAI_BASE_URL=${server.httpUrl}
  OPENAI_API_KEY=${apiKey ?? 'any'}

Press Ctrl-C to stop.
`)
  await interrupted(io.signal)
  await server.close()
  await emulator.close()
  io.out('The emulator has stopped.\n')
  return exitCodes.ok
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
