// Builds the three parts of the app into dist/.
import { cp, mkdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { build } from 'esbuild'

const at = (path) => new URL(path, import.meta.url)
// In a checkout of the library, its files are not below node_modules, where esbuild is silent about this.
const logOverride = { 'ignored-bare-import': 'silent' }
const shared = { absWorkingDir: at('.').pathname, bundle: true, target: 'es2024', logLevel: 'warning', logOverride }

await rm(at('dist'), { recursive: true, force: true })
await mkdir(at('dist/page'), { recursive: true })
await Promise.all([
  // Main runs with its packages beside it, as electron-builder packs them.
  build({
    ...shared,
    entryPoints: ['main/main.ts'],
    outfile: 'dist/main.js',
    format: 'esm',
    platform: 'node',
    packages: 'external',
  }),
  // A sandboxed preload script is one CommonJS file.
  build({
    ...shared,
    entryPoints: ['preload/preload.ts'],
    outfile: 'dist/preload.cjs',
    format: 'cjs',
    platform: 'node',
    external: ['electron'],
  }),
  build({
    ...shared,
    entryPoints: ['renderer/page.ts'],
    outfile: 'dist/page/page.js',
    format: 'esm',
    platform: 'browser',
    minify: true,
  }),
  cp(at('renderer/index.html'), at('dist/page/index.html')),
  cp(at('renderer/style.css'), at('dist/page/style.css')),
  // The audio worklet is a file of its own, so that the Content-Security-Policy needs no `blob:`.
  cp(createRequire(import.meta.url).resolve('realtime-primitives/browser/worklet.js'), at('dist/page/worklet.js')),
])
