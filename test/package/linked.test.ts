import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { root } from './support/pack.js'

// Examples depend on the checkout by `file:../..`, which npm installs as a link.
it('linked checkout: esbuild bundles the socket of browsers for a page', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'linked-'))
  try {
    await mkdir(join(folder, 'node_modules'))
    await symlink(root, join(folder, 'node_modules', 'realtime-primitives'), 'junction')
    await writeFile(join(folder, 'page.ts'), "export { webSocket } from 'realtime-primitives'\n")
    const { metafile } = await build({
      entryPoints: [join(folder, 'page.ts')],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      logLevel: 'silent',
    })
    const inputs = Object.keys(metafile.inputs)
    expect(inputs.some((path) => path.endsWith('open-socket/web.js'))).toBe(true)
    expect(inputs.filter((path) => /open-socket\/node|node_modules\/ws\//.test(path))).toEqual([])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
