import { type BuildOptions, build, type Plugin } from 'esbuild'
import type { Packed } from './pack.js'

/** Resolves imports of the library to the packed package of the project, for code in any folder. */
function installedIn({ project }: Packed): Plugin {
  return {
    name: 'installed',
    setup(builder) {
      builder.onResolve({ filter: /^realtime-primitives(\/|$)/ }, ({ path, kind, pluginData }) =>
        pluginData === installedIn
          ? undefined
          : builder.resolve(path, { kind, resolveDir: project, pluginData: installedIn }),
      )
    },
  }
}

/** A bundle, and the paths of the files in it. */
export interface Bundle {
  readonly code: string
  readonly inputs: readonly string[]
}

/** Bundles code that uses the packed library. */
export async function bundle(packed: Packed, options: BuildOptions): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    plugins: [installedIn(packed)],
    // The tsconfig of the checkout maps the library to its sources.
    tsconfigRaw: '{}',
    logLevel: 'silent',
    // The peer dependency of `realtime-primitives/telemetry` is not part of its size.
    external: ['@opentelemetry/api'],
    ...options,
    write: false,
    metafile: true,
  })
  const [file] = outputFiles
  if (!file) throw new Error('esbuild created no bundle')
  return { code: file.text, inputs: Object.keys(metafile.inputs) }
}
