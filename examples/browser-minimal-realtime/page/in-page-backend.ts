import { createEmulator, type EmulatorOptions } from 'realtime-primitives/testing'
import { emulatedTalk } from '../emulated-talk.js'
import type { Backend } from './backend.js'
import { eventLine } from './lines.js'

const model = 'gpt-realtime-2.1'

/** Connects to an emulator that runs in the page. It needs no server, no key, and no network. */
export function createInPageBackend(options: EmulatorOptions = emulatedTalk()): Backend {
  const emulator = createEmulator(options)
  return {
    description: 'The emulator answers, inside this page',
    model,
    ways: ['in-page'],
    createLine: (_, lineOptions) => eventLine(emulator.connect({ model }), lineOptions),
  }
}
