import { readFile } from 'node:fs/promises'
import { defineConfig } from 'tsup'

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/{protocol,audio,testing}/index.ts',
    'src/testing/node/index.ts',
    'src/transports/open-socket/*.ts',
  ],
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  splitting: true,
  treeshake: false,
  clean: true,
  external: [/^node:/, '#open-socket'],
  esbuildPlugins: [
    {
      // A schema that nobody imports must not stay in a bundle: bundlers drop only calls that are marked pure.
      name: 'pure-schemas',
      setup(build) {
        build.onLoad({ filter: /[\\/]src[\\/]protocol[\\/].*\.ts$/ }, async ({ path }) => ({
          contents: (await readFile(path, 'utf8')).replace(/(?<![\w.])z\.(\w+)\(/g, '/* @__PURE__ */ z.$1('),
          loader: 'ts',
        }))
      },
    },
  ],
})
