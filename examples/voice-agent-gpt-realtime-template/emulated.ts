import { call, createEmulator, reply, type Step } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'

/** Without a key, an emulator is used. It cannot transcribe audio, so it uses these sentences as transcripts, in order. */
const sentences = ['Where is my order 4711?', 'Can I have 200 dollars back for it?', 'No, that was all.']
const script: Step[] = [
  reply('Harbour Coffee. How can I help?'),
  call('find_order', { orderNumber: '4711' }),
  reply('It was shipped, and arrives tomorrow before noon.'),
  call('refund', { orderNumber: '4711', amount: 200 }),
  reply('So much needs a colleague, who will write to you today.'),
  call('end_call'),
  reply('Goodbye, and enjoy the coffee.'),
]

export async function startEmulator(): Promise<{ readonly apiKey: string; readonly baseUrl: string }> {
  const apiKey = 'sk-emulator'
  let heard = 0
  let said = 0
  const emulator = createEmulator({
    apiKey,
    voice: 'tone',
    hear: () => sentences[heard++ % sentences.length] ?? '',
    script({ index }) {
      // Every call starts with the greeting.
      if (index === 0) heard = said = 0
      return script[said++ % script.length]
    },
  })
  const { httpUrl } = await serve(emulator)
  return { apiKey, baseUrl: httpUrl }
}
