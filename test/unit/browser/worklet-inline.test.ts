import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const folder = fileURLToPath(new URL('../../../src/browser/worklet/', import.meta.url))

/** The script as one self-contained text. */
async function bundleScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${folder}script.ts`],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    tsconfigRaw: '{}',
    write: false,
  })
  return (outputFiles[0]?.text ?? '').trim()
}

function moduleOf(script: string): string {
  const text = script.replace(/[\\`]|\$\{/g, '\\$&')
  return `// Generated from script.ts: npx vitest run test/unit/browser/worklet-inline.test.ts -u\nexport const workletSource = \`${text}\`\n`
}

describe('the inline worklet', () => {
  it('matches the bundle of script.ts', async () => {
    await expect(moduleOf(await bundleScript())).toMatchFileSnapshot(`${folder}inline.ts`)
  })
})
