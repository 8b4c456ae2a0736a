import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'
import { printEventRules } from './event-rules.js'

/** The esbuild plugins that change `src/protocol`. The build of the package and the bench use them. */
export const protocolPlugins: readonly Plugin[] = [
  {
    // A session needs the rules of the events, and neither the schemas that they are made of nor zod.
    name: 'event-rules',
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/]protocol[\\/]event-rules\.ts$/ }, async ({ path }) => ({
        contents: await printEventRules(path),
      }))
    },
  },
  {
    // A schema that nobody imports must not stay in a bundle: bundlers drop only calls that are marked pure.
    name: 'pure-schemas',
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/]protocol[\\/].*\.ts$/ }, async ({ path }) => ({
        contents: (await readFile(path, 'utf8')).replace(/(?<![\w.])z\s*\.(\w+)\(/g, '/* @__PURE__ */ z.$1('),
        loader: 'ts',
      }))
    },
  },
]
