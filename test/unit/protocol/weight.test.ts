import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'
import { expect, test } from 'vitest'
import config from '../../../tsup.config.js'

const entry = fileURLToPath(new URL('../../../src/protocol/index.ts', import.meta.url))

/** What a program weighs that imports some names of the protocol, as the package is built. */
async function bundle(names: readonly string[]): Promise<{ text: string; gzip: number }> {
  const plugins = 'esbuildPlugins' in config ? (config.esbuildPlugins as Plugin[]) : []
  const { outputFiles } = await build({
    stdin: {
      contents: `import { ${names.join(', ')} } from ${JSON.stringify(entry)}; use(${names.join(', ')})`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    plugins,
  })
  const text = outputFiles[0]?.text ?? ''
  return { text, gzip: gzipSync(text, { level: 9 }).length }
}

test('all event schemas are at most 11.3 KB', async () => {
  const { gzip } = await bundle([
    'serverEventSchemas',
    'clientEventSchemas',
    'translationServerEventSchemas',
    'translationClientEventSchemas',
  ])
  expect(gzip).toBeLessThanOrEqual(11_300)
})

test('realtimeCodec is at most 8.5 KB, including its events and base64, and contains neither zod nor a schema', async () => {
  const { text, gzip } = await bundle(['realtimeCodec'])
  expect(gzip).toBeLessThanOrEqual(8_500)
  expect(text).not.toContain('Zod')
})

test('one small event is at most 5.1 KB and includes no other event', async () => {
  const { text, gzip } = await bundle(['InputAudioBufferClearedEvent'])
  expect(gzip).toBeLessThanOrEqual(5_100)
  expect(text).toContain('input_audio_buffer.cleared')
  expect(text).not.toContain('event_received')
})

test.each(['isProtocolError', 'ProtocolError', 'serverEventTypes', 'voiceNames', 'maxAudioLength'])(
  '%s includes no schema',
  async (name) => {
    const { text, gzip } = await bundle([name])
    expect(text).not.toContain('Zod')
    expect(gzip).toBeLessThanOrEqual(1_000)
  },
)
