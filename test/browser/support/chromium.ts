import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { writeWav } from 'realtime-primitives/audio'
import { findChromium } from '../../../scripts/chromium.mjs'

/** A running Chromium. */
export interface LaunchedBrowser {
  readonly browser: Browser
  /** Closes Chromium and deletes the file of its microphone. */
  close(): Promise<void>
}

/** Audio that the fake microphone repeats, or `none` for a machine without a microphone. */
export type FakeMicrophone = { readonly audio: Int16Array; readonly sampleRate: number } | 'none'

export interface LaunchOptions {
  /**
   * Whether a page needs a user gesture before it can play audio.
   * @defaultValue 'needs gesture'
   */
  readonly autoplay?: 'needs gesture' | 'at once'
  /** Additional command line arguments. */
  readonly args?: readonly string[]
}

/** Starts Chromium with a fake microphone that repeats the given audio. Pages get permission to use it. */
export async function launchChromium(
  microphone: FakeMicrophone,
  { autoplay = 'needs gesture', args = [] }: LaunchOptions = {},
): Promise<LaunchedBrowser> {
  const autoplayPolicy = autoplay === 'at once' ? 'no-user-gesture-required' : 'document-user-activation-required'
  const executablePath = findChromium()
  if (!executablePath) throw new Error('Chromium was not found. Install it, or set CHROMIUM_PATH to its path.')
  const folder = await mkdtemp(join(tmpdir(), 'realtime-primitives-microphone-'))
  const file = join(folder, 'microphone.wav')
  if (microphone !== 'none') await writeFile(file, writeWav(microphone.audio, { sampleRate: microphone.sampleRate }))
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
