import { call, type EmulatorOptions, reply } from 'realtime-primitives/testing'

const sentences = [
  'A table for four at half past seven, please.',
  'Wonderful. What do you serve tonight?',
  'That sounds good. See you later.',
]

/** Options of the emulator for the page. It cannot transcribe audio, so it invents transcripts. */
export function emulatedTalk(): EmulatorOptions {
  let heard = 0
  return {
    voice: 'tone',
    latencyMs: 300,
    hear: () => sentences[heard++ % sentences.length] ?? '',
    script({ input, text }) {
      const last = input.at(-1)
      if (last?.type === 'function_call_output') return reply(booked(last.output))
      if (text.includes('table')) return call('book_table', { people: 4, time: '19:30' })
      return reply(text.includes('serve') ? 'Leek soup, trout, and plum cake.' : 'We look forward to it. Good night!')
    },
  }
}

function booked(output: unknown): string {
  const { code } = JSON.parse(String(output)) as { code?: string }
  return code ? `Your table is booked. The code is ${[...code].join(' ')}.` : 'I could not book that. Please call us.'
}
