import { gzipSync } from 'node:zlib'

/** Options of esbuild for a bundle that a page loads. */
export const pageBundle = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  tsconfigRaw: '{}',
  write: false,
  logLevel: 'error',
} as const

/** Returns the compressed size in bytes. */
export function gzipSize(contents: string | Uint8Array): number {
  return gzipSync(contents, { level: 9 }).length
}
