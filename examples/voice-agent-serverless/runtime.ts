import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export interface RuntimeOptions {
  readonly vars: {
    readonly OPENAI_API_KEY: string
    readonly WEBHOOK_SECRETS: string
    readonly PAGE_ORIGIN: string
    readonly TICK_MS: number
  }
  /** Where everything goes that the Worker sends out, whatever address it names, such as `127.0.0.1:8080`. */
  readonly platform: string
  /** The folder that is the storage of the objects. */
  readonly storage: string
  readonly print: (line: string) => void
}

/** Makes one script of the Worker, as `wrangler deploy` does. */
export async function bundleWorker(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [here('worker.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:workers'],
    // In this checkout the library is its sources. In a project of your own the condition "workerd" finds this by itself.
    alias: { '#open-socket': here('../../src/transports/open-socket/workerd.ts') },
    write: false,
  })
  return outputFiles.map(({ text }) => text).join('')
}

/** Runs the Worker in workerd, the runtime that Cloudflare runs it in. */
export async function startRuntime(script: string, options: RuntimeOptions) {
  const { vars, platform, storage, print } = options
  const object = (className: string) => ({ className, useSQLite: true })
  const worker = new Miniflare({
    modules: true,
    script,
    compatibilityDate: '2026-04-01',
    cf: false,
    bindings: vars,
    durableObjects: { CALLS: object('Call'), CONVERSATIONS: object('Conversation'), DELIVERIES: object('Delivery') },
    durableObjectsPersist: storage,
    outboundService: { external: { address: platform, http: {} } },
    handleRuntimeStdio(stdout: Readable, stderr: Readable) {
      for (const stream of [stdout, stderr]) createInterface(stream).on('line', print)
    },
  })
  const { origin } = await worker.ready
  return { url: origin, close: () => worker.dispose() }
}
