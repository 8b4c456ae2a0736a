import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const workletName = 'realtime-primitives/browser/worklet.js'
const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url))

/** In a checkout of the library, the page is bundled from its sources. Elsewhere, esbuild resolves the installed package. */
const sources: Readonly<Record<string, string>> = existsSync(source('index.ts'))
  ? {
      'realtime-primitives/audio': source('audio/index.ts'),
      'realtime-primitives/browser': source('browser/index.ts'),
      [workletName]: source('browser/worklet/script.ts'),
      'realtime-primitives/testing': source('testing/index.ts'),
      'realtime-primitives/webrtc': source('transports/web-rtc/index.ts'),
      'realtime-primitives': source('index.ts'),
      '#open-socket': source('transports/open-socket/web.ts'),
    }
  : {}

/** The script of the page, and that of the audio thread: a file of its own, so that the page needs no `blob:` in its policy. */
export async function bundlePage(
  entry = './page/page.ts',
): Promise<{ readonly page: string; readonly worklet: string }> {
  const [page, worklet] = await Promise.all([bundle(entry, 'esm'), bundle(sources[workletName] ?? workletName, 'iife')])
  return { page, worklet }
}

async function bundle(entry: string, format: 'esm' | 'iife'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
    bundle: true,
    write: false,
    format,
    platform: 'browser',
    target: 'es2022',
    minify: true,
    alias: sources,
    tsconfigRaw: '{}',
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}
