import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { gzipSize, pageBundle } from './page-bundle.js'

const imports = {
  'realtime-primitives: all event schemas': `export { clientEventSchemas, serverEventSchemas } from 'realtime-primitives/protocol'`,
  'realtime-primitives: codec, with all event schemas': `export { realtimeCodec } from 'realtime-primitives/protocol'`,
  'realtime-primitives: createSession, webSocket': `export { createSession, webSocket } from 'realtime-primitives'`,
  'openai: OpenAIRealtimeWebSocket': `export { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket'`,
  'agents-realtime: OpenAIRealtimeWebSocket': `export { OpenAIRealtimeWebSocket } from '@openai/agents-realtime'`,
  'agents-realtime: RealtimeSession, RealtimeAgent': `export { RealtimeAgent, RealtimeSession } from '@openai/agents-realtime'`,
}

/** Measures the kilobytes that an import adds to a page: bundled, minified, and compressed. */
export async function measureWeight(): Promise<{ name: string; kilobytes: number }[]> {
  const root = fileURLToPath(new URL('..', import.meta.url))
  return Promise.all(
    Object.entries(imports).map(async ([name, contents]) => {
      const { outputFiles } = await build({
        ...pageBundle,
        stdin: { contents, resolveDir: root },
        minify: true,
      })
      return { name, kilobytes: gzipSize(outputFiles[0]?.contents ?? '') / 1_000 }
    }),
  )
}
