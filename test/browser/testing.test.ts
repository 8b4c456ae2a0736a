import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { bundle } from '../package/support/bundle.js'
import { type LaunchedBrowser, launchChromium } from './support/chromium.js'
import { type PageServer, servePage } from './support/page-server.js'

const packed = inject('packed')

let launched: LaunchedBrowser
let site: PageServer
let inputs: readonly string[]

beforeAll(async () => {
  const entry = fileURLToPath(new URL('support/testing-page.ts', import.meta.url))
  const bundled = await bundle(packed, { entryPoints: [entry] })
  inputs = bundled.inputs
  site = await servePage({ script: bundled.code, apiUrl: 'http://127.0.0.1:9', apiKey: 'none' })
  launched = await launchChromium('none')
}, 270_000)

afterAll(async () => {
  await launched?.close()
  await site?.close()
})

it('emulator, caller, and replay in a page: hold a spoken conversation without a server', async () => {
  const page = await launched.browser.newPage()
  const pageErrors: string[] = []
  page.on('pageerror', (error) => pageErrors.push(error.message))
  page.on('console', (message) => pageErrors.push(message.text()))
  await page.goto(site.url)
  const requests: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  const { transcripts, answers, departures } = await page.evaluate(() => window.converse())
  expect(transcripts).toEqual(['Hello.', 'What is the weather in Oslo?', 'Stop.'])
  expect(answers).toEqual([true, true, true])
  expect(departures).toEqual([])
  expect(requests).toEqual([])
  expect(pageErrors).toEqual([])
  await page.close()
}, 180_000)

it('the bundle of realtime-primitives/testing: contains no module for Node.js', () => {
  expect(
    inputs.filter((path) => /(^|[\\/])(node:|testing[\\/]node)|node_modules[\\/](ws|werift)[\\/]/.test(path)),
  ).toEqual([])
})
