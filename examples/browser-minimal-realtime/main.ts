import { parseArgs } from 'node:util'
import { drainOnSignal } from 'realtime-primitives/server/node'
import { startSite } from './site.js'

const help = `A page that talks: one voice agent, seen and heard.

  npx tsx examples/browser-minimal-realtime/main.ts [--port n]

  --port n    the port on 127.0.0.1 (default: 8080, or a free one if that is taken)
  --help      this text

Without OPENAI_API_KEY an emulator answers, with the caller's own words. With it, the real service does; the key stays in this program.`

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string' }, help: { type: 'boolean', short: 'h' } } })
  if (values.help) return console.log(help)
  const port = portOf(values.port)
  const apiKey = process.env.OPENAI_API_KEY || undefined
  const site = await startSite({ apiKey, port }).catch((error: NodeJS.ErrnoException) => {
    if (values.port !== undefined || error.code !== 'EADDRINUSE') throw error
    return startSite({ apiKey, port: 0 })
  })
  console.log(`${site.url}  ${apiKey === undefined ? 'on the emulator' : 'on the real service'}; Ctrl+C ends it`)
  // Conversations go from the page to the service, so this process has none to drain. The process ends once the server is closed.
  drainOnSignal(() => [], { signals: ['SIGINT', 'SIGTERM'], deadlineMs: 5_000, onDrained: () => site.close() })
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? 8080)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new Error('--port takes a number from 0 to 65535')
}

main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
