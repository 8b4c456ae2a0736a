import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { build } from 'esbuild'
import { defineConfig } from 'tsup'
import { buildCliAssets } from './scripts/cli-assets.js'
import { protocolPlugins } from './scripts/protocol-plugins.js'

/**
 * The modules behind the root entry, each a unit that a bundler keeps or drops as a whole. Without them all would share one file, and
 * whoever imports a transport would carry the sessions' tables along.
 */
const units = [...readFileSync('src/index.ts', 'utf8').matchAll(/export \{[^}]+\} from '\.\/(.+)\.js'/g)].map(
  ([, module = '']) => module,
)

const folders = ['protocol', 'audio', 'browser', 'server', 'twilio', 'migrate', 'dialects', 'telemetry', 'recording']

/** Modules that become files of their own, without extension. */
const modules = [
  'index',
  ...folders.map((folder) => `${folder}/index`),
  'testing/index',
  'transports/web-rtc/index',
  'cli/main',
  ...['server', 'testing', 'recording'].map((folder) => `${folder}/node/index`),
  'cli/load/worker',
  ...['node', 'web', 'workerd'].map((platform) => `transports/open-socket/${platform}`),
  ...units,
]

export default defineConfig({
  // An object, because tsup passes files that it finds by pattern in varying order, on which names and contents of the shared files depend.
  entry: Object.fromEntries(modules.map((module) => [module, `src/${module}.ts`])),
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  splitting: true,
  treeshake: false,
  clean: true,
  removeNodeProtocol: false,
  external: [/^node:/, '#open-socket', 'werift', '@opentelemetry/api'],
  async onSuccess() {
    // An audio worklet is loaded as a script of its own, which can share nothing with the rest.
    await build({
      entryPoints: ['src/browser/worklet/script.ts'],
      outfile: 'dist/browser/worklet.js',
      bundle: true,
      minify: true,
      format: 'iife',
      target: 'es2022',
      tsconfigRaw: '{}',
    })
    await buildCliAssets()
    // Without it, esbuild applies the tsconfig.json of the checkout to a linked package, and its paths replace `#open-socket` by the file for Node.js.
    await writeFile('dist/tsconfig.json', '{}\n')
  },
  esbuildOptions(options) {
    // @babel/parser has no "exports".
    options.mainFields = ['module', 'main']
  },
  esbuildPlugins: [
    {
      // What is bundled keeps its licence.
      name: 'licences',
      setup(build) {
        const bundled =
          /^(.*node_modules[\\/])(@babel[\\/]parser|diff|yaml)[\\/](lib|libesm|browser[\\/]dist)[\\/]index\.js$/
        build.onLoad({ filter: bundled }, async ({ path }) => {
          const [, folder = '', name = ''] = bundled.exec(path) ?? []
          const licence = await readFile(`${folder}${name}/LICENSE`, 'utf8')
          return {
            contents: `/*! ${name.replace('\\', '/')}\n${licence}*/\n${await readFile(path, 'utf8')}`,
            loader: 'js',
          }
        })
      },
    },
    ...protocolPlugins,
  ],
})
