import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { protocolPlugins } from '../../scripts/protocol-plugins.js'
import { gzipSize, pageBundle } from '../page-bundle.js'

/** What one source file adds to a bundle. */
export interface FileSize {
  readonly file: string
  /** Minified bytes. */
  readonly bytes: number
  /** What the compressed bundle loses without the file, in bytes. What files have in common counts for none of them. */
  readonly gzipBytes: number
}

/** Bundles `createSession` and `webSocket` from the sources for a page, and returns the size of the bundle and of its files, largest first. */
export async function measureSize(): Promise<{ readonly gzipBytes: number; readonly files: readonly FileSize[] }> {
  const [minified, annotated] = await Promise.all([bundle({ minify: true }), bundle({ minifyIdentifiers: true })])
  const [output] = Object.values(minified.metafile.outputs)
  const bytesOf = new Map(
    Object.entries(output?.inputs ?? {}).map(([path, { bytesInOutput }]) => [path, bytesInOutput]),
  )
  // With white space, the bundle has a comment above the code of each file.
  const parts = (annotated.outputFiles[0]?.text ?? '').split(/^ *\/\/ (?=(?:src|node_modules|dist)\/\S+$)/m)
  const whole = gzip(parts)
  const files = parts.slice(1).map((part, index) => {
    const path = part.slice(0, part.indexOf('\n'))
    const gzipBytes = whole - gzip(parts.toSpliced(index + 1, 1))
    return { file: nameOf(path), bytes: bytesOf.get(path) ?? 0, gzipBytes }
  })
  return {
    gzipBytes: gzip([minified.outputFiles[0]?.text ?? '']),
    files: files.filter(({ bytes }) => bytes > 0).sort((a, b) => b.gzipBytes - a.gzipBytes),
  }
}

function bundle(options: { readonly minify?: boolean; readonly minifyIdentifiers?: boolean }) {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const contents = `export { createSession } from './src/session/realtime.js'; export { webSocket } from './src/transports/web-socket.js'`
  return build({
    ...pageBundle,
    ...options,
    stdin: { contents, resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    // The package resolves it to a file of the build.
    alias: { '#open-socket': './src/transports/open-socket/web.ts' },
    metafile: true,
    plugins: [...protocolPlugins],
  })
}

function gzip(parts: readonly string[]): number {
  return gzipSize(parts.join(''))
}

function nameOf(path: string): string {
  const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]
  return dependency ? `(${dependency})` : path.replace(/^src\//, '')
}
