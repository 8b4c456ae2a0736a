import { existsSync } from 'node:fs'

/** Returns the URL of a file that is built beside the commands. The folder of this module depends on how the package is bundled. */
export function assetUrl(path: string): URL {
  let folder = new URL('.', import.meta.url)
  while (!existsSync(new URL('package.json', folder)) && folder.pathname !== '/') folder = new URL('..', folder)
  return new URL(`dist/cli/${path}`, folder)
}
