import { readFile } from 'node:fs/promises'
import { assetUrl } from './assets.js'
import { type Command, exitCodes } from './io.js'
import { readPort, startCommand, usageError } from './options.js'

const help = `Usage: realtime-primitives play [options]

Serves a page on 127.0.0.1 to talk to the emulator, or to the service if OPENAI_API_KEY is set. The key does not reach the page.

  --port <number>  port to listen on (default: 8080, or a free port if it is taken)
`

const options = { port: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } } as const

/** The server of the example browser-minimal-realtime, which is bundled into dist/cli/play. */
interface SiteModule {
  startSite(options: {
    readonly apiKey: string | undefined
    readonly port: number
    readonly scripts: () => Promise<{ readonly page: Uint8Array; readonly worklet: Uint8Array }>
  }): Promise<{ readonly url: string; readonly ways: readonly string[]; close(): Promise<void> }>
}

/** The `realtime-primitives play` command. */
export const play: Command = async (args, io) => {
  const started = startCommand(args, io, { options, help })
  if (started.exitCode !== undefined) return started.exitCode
  const { values, positionals } = started
  if (positionals.length > 0) return usageError(io, help, `Unexpected argument "${positionals[0]}"`)
  const port = readPort(values.port ?? '8080')
  if (port === undefined) return usageError(io, help, '--port is a number up to 65535')

  const { startSite } = (await import(assetUrl('play/site.js').href)) as SiteModule
  const apiKey = io.env.OPENAI_API_KEY || undefined
  const start = (onPort: number) => startSite({ apiKey, port: onPort, scripts: readScripts })
  const site = await start(port)
    .catch((error: NodeJS.ErrnoException) => {
      if (values.port !== undefined || error.code !== 'EADDRINUSE') throw error
      return start(0)
    })
    .catch((error: NodeJS.ErrnoException) => error)
  if (site instanceof Error) {
    io.err(
      site.code === 'EADDRINUSE' ? `Port ${port} is taken. Choose another one, or omit --port.\n` : `${site.message}\n`,
    )
    return exitCodes.usage
  }
  io.out(`${site.url}  ${apiKey ? 'with the service' : 'with the emulator'}\n`)
  if (!site.ways.includes('webrtc'))
    io.out('The page uses a WebSocket. For WebRTC, run "npm install werift@0.24.4" first.\n')
  io.out('\nPress Ctrl-C to stop.\n')
  if (!io.signal.aborted) await new Promise((done) => io.signal.addEventListener('abort', done, { once: true }))
  await site.close()
  return exitCodes.ok
}

async function readScripts() {
  const [page, worklet] = await Promise.all([
    readFile(assetUrl('play/page/page.js')),
    readFile(assetUrl('../browser/worklet.js')),
  ])
  return { page, worklet }
}
