import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { findChromium } from '../../scripts/chromium.mjs'
import { isCertifying } from '../support/certify.js'
import { root } from './support/pack.js'
import { output, run } from './support/run.js'

// Downloads `@playwright/test` and starts it, so it is a part of `npm run certify`.
it.skipIf(!isCertifying)(
  'emulatorFixture: the example for Playwright passes as it is in the guide',
  { timeout: 300_000 },
  async () => {
    const guide = await readFile(join(root, 'docs/spoken-tests.md'), 'utf8')
    const [, example = ''] = /^```js agent\.spec\.js\n([\s\S]*?)^```$/m.exec(guide) ?? []
    const folder = await mkdtemp(join(tmpdir(), 'playwright-'))
    try {
      await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
      await writeFile(join(folder, 'agent.spec.js'), example)
      const launchOptions = { executablePath: findChromium(), args: ['--no-sandbox'] }
      await writeFile(
        join(folder, 'playwright.config.js'),
        `export default ${JSON.stringify({ use: { launchOptions } })}`,
      )
      const install = ['install', '--no-audit', '--no-fund', inject('packed').tarball, '@playwright/test']
      await output('npm', install, { cwd: folder, timeoutMs: 180_000 })
      const cli = join(folder, 'node_modules/@playwright/test/cli.js')
      const { exitCode, stdout } = await run(process.execPath, [cli, 'test'], { cwd: folder, timeoutMs: 100_000 })
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining('1 passed')])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
)
