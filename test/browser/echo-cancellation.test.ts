import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { bundle } from '../package/support/bundle.js'
import { root } from '../package/support/pack.js'
import { type LaunchedBrowser, launchChromium } from './support/chromium.js'
import { type PageServer, servePage } from './support/page-server.js'

interface RecipeWindow {
  readonly recipe: {
    readonly speaker: { enqueue(audio: Float32Array): void }
    readonly audio: HTMLAudioElement
  }
}

const packed = inject('packed')
let launched: LaunchedBrowser
let site: PageServer

/** Returns the code block of the documentation that creates the speaker. */
async function recipe(): Promise<string> {
  const page = await readFile(join(root, 'docs', 'turn-detection.md'), 'utf8')
  const [, section = ''] = page.split('## Echo cancellation in browsers')
  const program = [...section.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
  return program.find((code) => code.includes('createSpeaker')) ?? ''
}

beforeAll(async () => {
  const entry = join(packed.folder, 'echo-cancellation.ts')
  await writeFile(entry, `${await recipe()}\nObject.assign(window, { recipe: { speaker, audio } })\n`)
  const { code: script } = await bundle(packed, { entryPoints: [entry] })
  site = await servePage({ script, apiUrl: 'http://127.0.0.1:9', apiKey: 'none', scriptSources: 'blob:' })
  launched = await launchChromium('none', { autoplay: 'at once' })
}, 180_000)

afterAll(async () => {
  await launched?.close()
  await site?.close()
})

it('echo cancellation recipe: the speaker plays through an <audio> element with a remote stream', async () => {
  const page = await launched.browser.newPage()
  page.setDefaultTimeout(60_000)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  await page.goto(site.url)
  await page.waitForFunction(() => 'recipe' in window)
  const level = await page.evaluate(async () => {
    const { speaker, audio } = (window as unknown as RecipeWindow).recipe
    const context = new AudioContext()
    const analyser = context.createAnalyser()
    context.createMediaStreamSource(audio.srcObject as MediaStream).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    speaker.enqueue(
      Float32Array.from({ length: 240_000 }, (_, at) => 0.4 * Math.sin((2 * Math.PI * 440 * at) / 24_000)),
    )
    let loudest = 0
    // The tone lasts ten seconds, because a busy machine plays only parts of it.
    for (let polls = 0; polls < 200 && loudest < 0.1; polls++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      analyser.getFloatTimeDomainData(samples)
      loudest = samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), loudest)
    }
    return { loudest, isPaused: audio.paused, isRemote: audio.srcObject instanceof MediaStream }
  })
  expect(problems).toEqual([])
  expect(level.loudest).toBeGreaterThan(0.1)
  expect(level).toMatchObject({ isPaused: false, isRemote: true })
  await page.close()
}, 180_000)
