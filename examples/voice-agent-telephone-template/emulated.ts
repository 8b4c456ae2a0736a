import { call, createEmulator, reply, type Step } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'

/** The emulator understands no words. It takes the caller's turns for these sentences, one after the other. */
const sentences = ['Are you free on the first of December?', 'At eleven thirty, please. My name is Ada.']
const day = '2026-12-01'
const script: Step[] = [
  reply('Harbour Dental. How can I help?'),
  call('free_times', { day }),
  reply('You can come at nine, at eleven thirty, or at three.'),
  call('book', { day, time: '11:30', name: 'Ada' }),
  reply('You are booked for eleven thirty. Goodbye, Ada.'),
]

/** Starts an emulator in this process, which takes the place of the service without a key. */
export async function startEmulator(): Promise<{ readonly apiKey: string; readonly baseUrl: string }> {
  const apiKey = 'sk-emulator'
  let turn = 0
  let response = 0
  const emulator = createEmulator({
    apiKey,
    voice: 'tone',
    hear: () => sentences[turn++ % sentences.length] ?? '',
    script({ index }) {
      // Every call starts with the greeting.
      if (index === 0) turn = response = 0
      return script[response++ % script.length]
    },
  })
  const { httpUrl } = await serve(emulator)
  return { apiKey, baseUrl: httpUrl }
}
