// Usage: npx tsx scripts/page-picture.ts. Takes the pictures of the README: the page of examples/browser-minimal-realtime in a conversation with the emulator, light and dark.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContextOptions, chromium } from 'playwright-core'
import { readWav, writeWav } from 'realtime-primitives/audio'
import { reply } from 'realtime-primitives/testing'
import { startSite } from '../examples/browser-minimal-realtime/site.js'
import { findChromium } from './chromium.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const timeout = 60_000

const questions = ['What is the weather like in Lisbon?', 'And tomorrow? Do I need an umbrella?', 'Thank you.']
const answers = [
  'Clear skies over Lisbon, and 21 degrees.',
  'Tomorrow starts sunny, with light rain in the afternoon. Take an umbrella if you go out after three.',
  'You are welcome. Enjoy the sun while it lasts.',
]

/** Returns one spoken sentence and a pause, which the fake microphone of Chromium repeats. */
async function speech(): Promise<Uint8Array> {
  const { channels, sampleRate } = readWav(await readFile(join(root, 'examples/node-websocket-cli/speech.wav')))
  const sentence = (channels[0] ?? new Float32Array()).subarray(3.1 * sampleRate, 5.3 * sampleRate)
  const samples = new Float32Array(0.5 * sampleRate + sentence.length + 4.5 * sampleRate)
  samples.set(sentence, 0.5 * sampleRate)
  return writeWav(samples, { sampleRate })
}

const executablePath = findChromium()
if (!executablePath) throw new Error('Chromium was not found. Install it, or set CHROMIUM_PATH.')
const folder = await mkdtemp(join(tmpdir(), 'page-picture-'))
const microphone = join(folder, 'microphone.wav')
await writeFile(microphone, await speech())
const browser = await chromium.launch({
  executablePath,
  timeout,
  args: [
    ...['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--allow-loopback-in-peer-connection'],
    ...['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'],
    `--use-file-for-fake-audio-capture=${microphone}`,
  ],
})

async function takePicture(name: string, options: BrowserContextOptions): Promise<void> {
  let turn = 0
  const site = await startSite({
    emulator: {
      hear: () => questions[turn % questions.length] ?? '',
      script: () => reply(answers[turn++ % answers.length] ?? ''),
      latencyMs: 250,
    },
  })
  try {
    const page = await browser.newPage(options)
    page.setDefaultTimeout(timeout)
    await page.goto(site.url)
    await page.getByRole('button', { name: 'Connect' }).click()
    // The screenshot shows the second response.
    await page
      .getByText(/umbrella if you/)
      .first()
      .waitFor()
    const file = join(root, `docs/images/${name}.png`)
    await page.screenshot({ path: file })
    console.log(`${file} written`)
    await page.close()
  } finally {
    await site.close()
  }
}

try {
  await takePicture('page-light', { colorScheme: 'light', viewport: { width: 1_280, height: 800 } })
  await takePicture('page-dark', { colorScheme: 'dark', viewport: { width: 1_280, height: 800 } })
  await takePicture('page-phone', { colorScheme: 'light', viewport: { width: 375, height: 812 } })
} finally {
  await browser.close()
  await rm(folder, { recursive: true, force: true })
}
