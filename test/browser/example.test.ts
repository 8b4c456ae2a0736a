import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { readWav, writeWav } from 'realtime-primitives/audio'
import { reply } from 'realtime-primitives/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Site, startSite } from '../../examples/browser-minimal-realtime/site.js'
import { findChromium } from '../../scripts/chromium.mjs'
import { certified, isCertifying } from '../support/certify.js'
import { joined, silentSamples } from '../support/speech.js'
import { contrastProblems, nameProblems, watchWire } from './support/example-page.js'

const timeout = 270_000
const patience = { timeout: 90_000 }

let folder: string
let browser: Browser
let site: Site
let page: Page
let pageErrors: string[]
/** Transcripts of the next turns of the user. */
let userTranscripts: string[]
/** Responses of the emulator to the next turns. */
let answers: { readonly words: string; readonly audio?: Int16Array }[]

const longAnswer = {
  words: 'A long story, which will be interrupted.',
  audio: Int16Array.from({ length: 20 * 24_000 }, (_, index) => 8_000 * Math.sin((2 * Math.PI * 330 * index) / 24_000)),
}

/** Returns a WAV file with one sentence and a pause for the response. Chromium repeats it. */
function speech(): { readonly wav: Uint8Array } {
  const file = fileURLToPath(new URL('../../examples/node-websocket-cli/speech.wav', import.meta.url))
  const { channels, sampleRate } = readWav(readFileSync(file))
  const [samples = new Float32Array()] = channels
  const sentence = Int16Array.from(samples.subarray(3.1 * sampleRate, 5.3 * sampleRate), (sample) =>
    Math.round(sample * 32_767),
  )
  const samplesWithPauses = joined(silentSamples(500, sampleRate), sentence, silentSamples(4_000, sampleRate))
  return { wav: writeWav(samplesWithPauses, { sampleRate }) }
}

beforeAll(async () => {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('Chromium was not found. Install it, or set CHROMIUM_PATH to its path.')
  folder = await mkdtemp(join(tmpdir(), 'example-page-'))
  const microphone = join(folder, 'microphone.wav')
  await writeFile(microphone, speech().wav)
  browser = await chromium.launch({
    executablePath,
    headless: true,
    timeout: 120_000,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync', '--autoplay-policy=document-user-activation-required'],
      ...['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
      ...[`--use-file-for-fake-audio-capture=${microphone}`, '--allow-loopback-in-peer-connection'],
    ],
  })
  site = await startSite({
    emulator: {
      voice: 'tone',
      latencyMs: 50,
      hear: () => userTranscripts.shift() ?? 'And so on.',
      script() {
        const { words, audio } = answers.shift() ?? { words: 'Yes.' }
        return reply(words, audio ? { audio } : {})
      },
    },
  })
}, 360_000)

afterAll(async () => {
  await browser?.close()
  await site?.close()
  if (folder) await rm(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  userTranscripts = ['What is the weather like?', 'And tomorrow?']
  answers = [{ words: 'Clear skies.' }, { words: 'Rain.' }]
  pageErrors = []
  page = await browser.newPage()
  page.setDefaultTimeout(patience.timeout)
  page.on('console', (message) => pageErrors.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => pageErrors.push(error.message))
  await page.addInitScript(watchWire)
})

afterEach(async () => {
  await page.close()
  expect(pageErrors).toEqual([])
})

const status = () => page.locator('#status')
const isShown = (text: string | RegExp) => page.getByText(text).first().waitFor(patience)
const button = (name: string) => page.getByRole('button', { name })

async function visit(): Promise<void> {
  await page.goto(site.url)
  await page.getByText('The emulator answers').waitFor()
}

async function statusIs(text: string): Promise<void> {
  await page.waitForFunction((wanted) => document.getElementById('status')?.textContent === wanted, text)
}

async function connect(transport: 'WebRTC' | 'WebSocket', turns: 'Hands-free' | 'Push to talk' = 'Hands-free') {
  await visit()
  await page.getByRole('radio', { name: transport }).check()
  await page.getByRole('radio', { name: turns }).check()
  await button('Connect').click()
  await statusIs('Connected')
}

async function hangUp(): Promise<void> {
  await button('Hang up').click()
  await statusIs('Not connected')
}

const captions = () =>
  page
    .locator('.caption')
    .evaluateAll((rows) =>
      rows.map((row) => `${row.querySelector('.who')?.textContent}: ${row.querySelector('.words')?.textContent}`),
    )

/** Waits until the live region for screen readers has a number of lines. */
const announced = (count: number) =>
  page.waitForFunction((wanted) => (document.getElementById('announced')?.children.length ?? 0) >= wanted, count)

const meter = (name: string) => page.getByRole('meter', { name })

/** Waits until a meter shows more, or less, than a level in dBFS. */
async function levelIs(of: 'microphone' | 'speaker', how: 'above' | 'below', db: number): Promise<void> {
  await page.waitForFunction(
    ([name, direction, level]) => {
      const { value } = document.getElementById(`${name}-meter`) as HTMLMeterElement
      return direction === 'above' ? value > level : value < level
    },
    [of, how, db] as const,
  )
}

/** Waits until part of the last response was played. An interruption before that deletes the item instead of truncating it. */
async function answerIsPlaying(): Promise<void> {
  await levelIs('speaker', 'above', -45)
  await page.waitForFunction(
    () =>
      document.querySelector('.caption:last-child[data-speaker=assistant] .words span:first-child:not(:empty)') !==
      null,
  )
}

// The page works in the same way with both transports, and the transports have their own tests, so `npm test` runs one of them.
const transports = isCertifying ? (['WebRTC', 'WebSocket'] as const) : (['WebRTC'] as const)

describe.each(transports)('the browser example over %s', { timeout }, (transport) => {
  it('shows captions of both sides in order, and a timeline in the order of the frames', async () => {
    await connect(transport)
    await announced(4)
    const lines = [
      'You: What is the weather like?',
      'Assistant: Clear skies.',
      'You: And tomorrow?',
      'Assistant: Rain.',
    ]
    expect((await captions()).slice(0, 4)).toEqual(lines)
    const announcements = await page.locator('#announced p').allTextContents()
    expect(announcements.slice(0, 4).toSorted()).toEqual(lines.toSorted())
    expect(await page.locator('#latency-last').textContent()).toMatch(/^\d+ ms$/)
    expect(Number(await page.locator('#usage-output-audio').textContent())).toBeGreaterThan(0)

    await hangUp()
    expect((await captions()).slice(0, 4)).toEqual(lines)
    const { wire, rows } = await page.evaluate(() => ({
      wire: window.wire.filter((frame) => !/\.delta$|\.append$/.test(frame)),
      rows: [...document.querySelectorAll<HTMLElement>('#events .event')]
        .filter(({ dataset }) => dataset.direction !== 'local')
        .map(({ dataset }) => `${dataset.direction} ${dataset.type}`),
    }))
    expect(rows.length).toBeGreaterThan(25)
    expect(rows).toEqual(wire.slice(0, rows.length))
    // Frames that arrive during the hang-up are not in the timeline.
    expect(wire.length - rows.length).toBeLessThan(5)
  })

  it('is interrupted by the button and by Escape, and marks the truncated caption', async () => {
    answers = [longAnswer, longAnswer]
    await connect(transport)
    await answerIsPlaying()
    await isShown('The assistant is speaking')
    expect(await button('Interrupt').getAttribute('aria-disabled')).toBe('false')
    await button('Interrupt').click()
    await page.locator('.caption[data-status=cut]').first().waitFor()
    await isShown(/cut off at \d/)

    await levelIs('speaker', 'below', -55)
    await answerIsPlaying()
    await page.keyboard.press('Escape')
    await page.locator('.caption[data-status=cut]').nth(1).waitFor()
    await hangUp()
  })

  it('commits one turn when the push-to-talk key is released', async () => {
    await connect(transport, 'Push to talk')
    await page.locator('h1').click()
    await levelIs('microphone', 'below', -55)
    await page.keyboard.down('Space')
    expect(await button('Hold to talk').getAttribute('aria-pressed')).toBe('true')
    await levelIs('microphone', 'above', -45)
    await levelIs('microphone', 'below', -55)
    await page.keyboard.up('Space')
    expect(await button('Hold to talk').getAttribute('aria-pressed')).toBe('false')
    await announced(2)
    expect(await captions()).toEqual(['You: What is the weather like?', 'Assistant: Clear skies.'])
    await hangUp()
    const types = await page.evaluate(() => window.wire)
    expect(types.filter((type) => type === 'sent input_audio_buffer.commit')).toHaveLength(1)
    expect(types).not.toContain('received input_audio_buffer.speech_started')
  })
})

describe('the browser example', { timeout }, () => {
  it('is usable with the keyboard, with tab stops in reading order', async () => {
    answers = []
    await visit()
    const order: string[] = []
    for (let presses = 0; presses < 17; presses++) {
      await page.keyboard.press('Tab')
      order.push(
        await page.evaluate(
          () =>
            document.activeElement?.id ||
            document.activeElement?.getAttribute('value') ||
            document.activeElement?.textContent ||
            '',
        ),
      )
    }
    expect(order).toEqual([
      ...['Skip to the call', 'webrtc', 'server', 'microphone', 'speaker', 'captions', 'connect', 'mute', 'interrupt'],
      ...[
        'message',
        'Send',
        'Agent, recording, and code',
        'event-filter',
        'show-sent',
        'show-received',
        'show-pieces',
        'events',
      ],
    ])

    await page.focus('[value=webrtc]')
    await page.keyboard.press('ArrowRight')
    await page.focus('#connect')
    await page.keyboard.press('Enter')
    await statusIs('Connected')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('connect')
    await page.focus('#mute')
    await page.keyboard.press('Space')
    await isShown('Your microphone is muted')
    await page.focus('#message')
    await page.keyboard.type('Which day is it?')
    await page.keyboard.press('Enter')
    await isShown('Which day is it?')
    await announced(2)
    // The fake microphone may have sent a turn before it was muted.
    expect(await captions()).toEqual(expect.arrayContaining(['You: Which day is it?', 'Assistant: Yes.']))
    await page.locator('#events summary').first().focus()
    await page.keyboard.press('Enter')
    await page.locator('#events pre').waitFor()
    await page.focus('#connect')
    await page.keyboard.press('Enter')
    await statusIs('Not connected')
  })

  const accessibility = 'has accessible names and enough contrast in a %s color scheme at %i pixels'

  async function isAccessible(colorScheme: 'light' | 'dark', width: number): Promise<void> {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 800 })
    const problems = async () => [...(await page.evaluate(nameProblems)), ...(await page.evaluate(contrastProblems))]
    await visit()
    expect(await problems()).toEqual([])
    await page.getByRole('radio', { name: 'WebSocket' }).check()
    await page.getByRole('radio', { name: 'Push to talk' }).check()
    await button('Connect').click()
    await statusIs('Connected')
    await page.getByLabel('Write instead of talking').fill('Hello')
    await button('Send').click()
    await announced(2)
    expect(await problems()).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    // Text for screen readers only does not extend the page.
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(width === 375 ? 1_900 : 801)
    await hangUp()
  }

  it.each([['light', 1_280], ['dark', 375], ...certified(['dark', 1_280] as const, ['light', 375] as const)] as const)(
    accessibility,
    isAccessible,
  )

  it('reconnects after the connection is lost, and shows it', async () => {
    await connect('WebSocket')
    await announced(2)
    const before = await captions()
    await site.dropCalls()
    await isShown(/^Connected again/)
    await statusIs('Connected')
    expect((await captions()).slice(0, before.length)).toEqual(before)
    await hangUp()
    // Chromium reports an error for audio that is sent after the close frame of the server.
    pageErrors = pageErrors.filter((message) => !message.includes('already in CLOSING or CLOSED state'))
  })

  it('shows that the service closed the call', async () => {
    await connect('WebRTC')
    await site.dropCalls()
    await isShown('The service ended the call.')
    await statusIs('Not connected')
  })

  it('filters events and shows their JSON', async () => {
    await connect('WebSocket')
    await announced(2)
    await page.getByRole('checkbox', { name: 'Sent' }).uncheck()
    await page.getByLabel('Part of the name').fill('SESSION.')
    await page.waitForFunction(() => document.querySelectorAll('#events .event').length === 2)
    expect(await page.locator('#events .type').allTextContents()).toEqual(['session.created', 'session.updated'])
    await page.locator('#events summary').first().click()
    expect(JSON.parse((await page.locator('#events pre').textContent()) ?? '')).toMatchObject({
      type: 'session.created',
      session: { model: 'gpt-realtime-2.1' },
    })
    await hangUp()
  })

  it('configures the agent: voice, turn detection, instructions, and tools', async () => {
    answers = [{ words: 'Clear skies.' }]
    await visit()
    await page.getByText('Agent, recording, and code').click()
    await page.getByLabel('Voice').selectOption('cedar')
    await page.getByLabel('Turn detection').selectOption('semantic_vad-high')
    await page.getByLabel('Instructions').fill('Be brief.')
    await page.getByLabel('Tools, as JSON').fill('{ "name": "weather" ')
    await button('Connect').click()
    await isShown('The tools are not valid JSON.')
    await page.getByLabel('Tools, as JSON').fill('[{ "name": "weather", "result": { "celsius": 21 } }]')
    await page.getByRole('radio', { name: 'WebSocket' }).check()
    await button('Connect').click()
    await statusIs('Connected')
    const downloading = page.waitForEvent('download')
    await announced(2)
    await button('Save recording').click()
    const lines = readFileSync(await (await downloading).path(), 'utf8')
      .trim()
      .split('\n')
    const updates = lines.map((line) => JSON.parse(line).event).filter(({ type }) => type === 'session.update')
    expect(updates[0].session).toMatchObject({
      instructions: 'Be brief.',
      audio: {
        input: { turn_detection: { type: 'semantic_vad', eagerness: 'high' } },
        output: { voice: 'cedar' },
      },
    })
    expect(JSON.stringify(updates)).toContain('"name":"weather"')
    await hangUp()
  })

  it('switches the microphone during a call', async () => {
    await connect('WebRTC')
    const choice = page.getByLabel('Microphone', { exact: true })
    await page.waitForFunction(() => document.querySelectorAll('#microphone option').length > 1)
    await choice.selectOption({ index: 1 })
    await levelIs('microphone', 'above', -45)
    await announced(2)
    expect(await page.locator('#problem').isVisible()).toBe(false)
    await hangUp()
  })

  it('shows no animation with prefers-reduced-motion', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await connect('WebSocket')
    await levelIs('microphone', 'above', -45)
    expect(await page.locator('#ribbon').isVisible()).toBe(false)
    const moving = await page.evaluate(() => document.getAnimations().length)
    expect(moving).toBe(0)
    expect(await meter('Speaker level in decibels').count()).toBe(1)
    await hangUp()
  })

  it('shows an error when the microphone is not allowed', async () => {
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
    })
    await visit()
    await button('Connect').click()
    await isShown(
      'The browser does not let this page use the microphone. Allow it beside the address, then connect again.',
    )
    await statusIs('Not connected')
    await button('Dismiss').click()
    expect(await page.locator('#problem').isVisible()).toBe(false)
    expect(await status().textContent()).toBe('Not connected')
  })
})
