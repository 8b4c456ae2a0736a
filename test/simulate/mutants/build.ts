import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Mutant } from './mutants.js'

const root = new URL('../../../', import.meta.url)

/**
 * Returns the source of a file with the fault of a mutant in it.
 * @throws When the text to replace is not in the file exactly once.
 */
export function plant({ name, file, find, replace }: Mutant): string {
  const source = readFileSync(new URL(`src/${file}`, root), 'utf8')
  const count = source.split(find).length - 1
  if (count !== 1) throw new Error(`The mutant "${name}" must match src/${file} once and matches ${count} times`)
  return source.replace(find, () => replace)
}

/** Bundles the simulator, with a mutant in a copy of the sources or without one, into a file. */
export async function buildSimulator(outfile: string, mutant?: Mutant): Promise<void> {
  const path = mutant && fileURLToPath(new URL(`src/${mutant.file}`, root))
  await build({
    entryPoints: [fileURLToPath(new URL('../main.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
    absWorkingDir: fileURLToPath(root),
    plugins: mutant
      ? [
          {
            name: 'mutant',
            setup({ onLoad }) {
              onLoad({ filter: /\.ts$/ }, (file) =>
                file.path === path ? { contents: plant(mutant), loader: 'ts' as const } : undefined,
              )
            },
          },
        ]
      : [],
  })
}
