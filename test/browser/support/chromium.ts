import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { writeWav } from 'realtime-primitives/audio'
import { findChromium } from '../../../scripts/chromium.mjs'

/** A Chromium, and what it takes to get rid of it. */
export interface LaunchedBrowser {
  readonly browser: Browser
  close(): Promise<void>
}

/** What the microphone of the machine is. */
export type FakeMicrophone = { readonly sound: Int16Array; readonly sampleRate: number } | 'none'

export interface LaunchOptions {
  /** `needs gesture` lets a page play sound once it was touched, `at once` from the beginning. */
  readonly autoplay?: 'needs gesture' | 'at once'
  /** Further arguments of the command line. */
  readonly args?: readonly string[]
}

/** Starts Chromium with a microphone that plays a sound over and over, allowed by whoever sits there. */
export async function launchChromium(
  microphone: FakeMicrophone,
  { autoplay = 'needs gesture', args = [] }: LaunchOptions = {},
): Promise<LaunchedBrowser> {
  const autoplayPolicy = autoplay === 'at once' ? 'no-user-gesture-required' : 'document-user-activation-required'
  const executablePath = findChromium()
  if (!executablePath) throw new Error('there is no Chromium; install one, or set CHROMIUM_PATH to where it is')
  const folder = await mkdtemp(join(tmpdir(), 'realtime-primitives-microphone-'))
  const file = join(folder, 'microphone.wav')
  if (microphone !== 'none') await writeFile(file, writeWav(microphone.sound, { sampleRate: microphone.sampleRate }))
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    timeout: 120_000,
    args: [
      ...args,
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync', `--autoplay-policy=${autoplayPolicy}`],
      ...['--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection'],
      ...(microphone === 'none'
        ? []
        : ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${file}`]),
    ],
  })
  return {
    browser,
    async close() {
      await browser.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
