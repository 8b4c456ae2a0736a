// Builds the assets of the commands `demo`, `init`, and `play` into dist/cli. Their sources are examples.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { absoluteTarget, rewriteTargets } from './site/links.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const at = (...path: string[]) => join(root, ...path)

/** Source folders of the templates of `init`. */
const templates = {
  page: 'examples/voice-agent-gpt-realtime-template',
  telephone: 'examples/voice-agent-telephone-template',
} as const

/** Files of an example that are not copied. The README is written by {@link templateReadme}. */
const excluded = new Set(['node_modules', 'dist', 'README.md', 'package-lock.json'])

/** The file in dist of each entry of the package. */
const entries: Readonly<Record<string, string>> = {
  'realtime-primitives': 'index.js',
  'realtime-primitives/audio': 'audio/index.js',
  'realtime-primitives/server': 'server/index.js',
  'realtime-primitives/testing': 'testing/index.js',
  'realtime-primitives/testing/node': 'testing/node/index.js',
}

/** Builds all assets. Call it after the package is built. */
export async function buildCliAssets(): Promise<void> {
  await Promise.all([buildDemo(), buildPlayground(), ...Object.entries(templates).map(copyTemplate)])
}

async function buildDemo(): Promise<void> {
  await bundleProgram('examples/node-websocket-cli/demo.ts', 'dist/cli/demo/demo.js')
  await writeFile(at('dist/cli/demo/speech.wav'), await telephoneQuality('examples/node-websocket-cli/speech.wav'))
}

async function buildPlayground(): Promise<void> {
  const page = 'examples/browser-minimal-realtime/page'
  await mkdir(at('dist/cli/play/page'), { recursive: true })
  await Promise.all([
    bundleProgram('examples/browser-minimal-realtime/site.ts', 'dist/cli/play/site.js'),
    build({
      entryPoints: [at(page, 'page.ts')],
      outfile: at('dist/cli/play/page/page.js'),
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      alias: {
        'realtime-primitives/audio': at('dist/audio/index.js'),
        'realtime-primitives/browser': at('dist/browser/index.js'),
        'realtime-primitives/webrtc': at('dist/transports/web-rtc/index.js'),
        'realtime-primitives': at('dist/index.js'),
        '#open-socket': at('dist/transports/open-socket/web.js'),
      },
      tsconfigRaw: '{}',
      // The entries import chunks only for their order. esbuild drops those imports and reports each one.
      logOverride: { 'ignored-bare-import': 'silent' },
    }),
    ...['index.html', 'style.css'].map((name) => cp(at(page, name), at('dist/cli/play/page', name))),
  ])
}

async function copyTemplate([name, source]: [string, string]): Promise<void> {
  await cp(at(source), at('dist/cli/templates', name), {
    recursive: true,
    filter: (path) => !excluded.has(basename(path)),
  })
  const readme = await readFile(at(source, 'README.md'), 'utf8')
  await writeFile(at('dist/cli/templates', name, 'README.md'), templateReadme(source, readme))
}

/** Returns the README of an example without its section about this repository, and with absolute links. */
function templateReadme(source: string, readme: string): string {
  const text = readme.replace(/^## In this repository\n[\s\S]*?(?=^## |$(?![\s\S]))/m, '')
  return `${rewriteTargets(text, (target) => absoluteTarget(`${source}/README.md`, target, 'html')).trim()}\n`
}

/** Bundles a program of an example. The bundle is part of the package, so it imports the package by relative paths. */
async function bundleProgram(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [at(entry)],
    outfile: at(outfile),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    external: ['./bundle.js', 'werift'],
    tsconfigRaw: '{}',
    plugins: [
      {
        name: 'own-package',
        setup(builder) {
          builder.onResolve({ filter: /^realtime-primitives(\/|$)/ }, ({ path }) => ({
            path: `../../${entries[path]}`,
            external: true,
          }))
        },
      },
    ],
  })
}

/** Returns a recording as mu-law at 8 kHz, a quarter of its size. */
async function telephoneQuality(path: string): Promise<Uint8Array> {
  const audio = (await import(pathToFileURL(at('dist/audio/index.js')).href)) as typeof import('../src/audio/index.js')
  const { channels, sampleRate } = audio.readWav(await readFile(at(path)))
  const samples = audio.toInt16(audio.resample(audio.downmix(channels), sampleRate, 8_000, 'best'))
  const data = audio.encodeMuLaw(samples)
  const header = Buffer.alloc(58)
  header.write('RIFF', 0)
  header.writeUInt32LE(header.length + data.length - 8, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(18, 16)
  header.writeUInt16LE(7, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(8_000, 24)
  header.writeUInt32LE(8_000, 28)
  header.writeUInt16LE(1, 32)
  header.writeUInt16LE(8, 34)
  header.write('fact', 38)
  header.writeUInt32LE(4, 42)
  header.writeUInt32LE(data.length, 46)
  header.write('data', 50)
  header.writeUInt32LE(data.length, 54)
  return Buffer.concat([header, data])
}
