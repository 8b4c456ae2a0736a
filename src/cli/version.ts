import { readFileSync } from 'node:fs'
import { assetUrl } from './assets.js'

/** Returns the version of the package. */
export function packageVersion(): string {
  const manifest = readFileSync(assetUrl('../../package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
