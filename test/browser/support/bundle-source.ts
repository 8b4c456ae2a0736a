import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const source = (path: string) => fileURLToPath(new URL(`../../../src/${path}`, import.meta.url))

/** Leads the names of the package to the sources of the checkout, as a browser takes them. */
const fromSource: Plugin = {
  name: 'from-source',
  setup(builder) {
    builder.onResolve({ filter: /^#open-socket$/ }, () => ({ path: source('transports/open-socket/web.ts') }))
    builder.onResolve({ filter: /^realtime-primitives(\/|$)/ }, ({ path }) => ({
      path: source(`${path.slice('realtime-primitives'.length + 1)}/index.ts`),
    }))
  },
}

/** Bundles code that uses the library from its sources, for a page. */
export async function bundleSource(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    plugins: [fromSource],
    tsconfigRaw: '{}',
    logLevel: 'silent',
    write: false,
  })
  const [file] = outputFiles
  if (!file) throw new Error('esbuild made no bundle')
  return file.text
}

/** The script of the audio thread as a file, as the package ships it. */
export const bundleWorklet = () => bundleSource(source('browser/worklet/script.ts'))
