import { call, type EmulatorOptions, reply } from 'realtime-primitives/testing'

const sentences = {
  book: 'A table for four at half past seven, please.',
  menu: 'Wonderful. What do you serve tonight?',
  goodbye: 'That sounds good. See you later.',
}

/**
 * Options of the emulator for the page. It cannot transcribe audio, so it takes each spoken turn for the sentence that fits the conversation so
 * far. Text that the guest types is used as it is.
 */
export function emulatedTalk(): EmulatorOptions {
  let next: keyof typeof sentences = 'book'
  return {
    voice: 'tone',
    latencyMs: 300,
    hear: () => sentences[next],
    script({ input, text }) {
      const last = input.at(-1)
      if (last?.type === 'function_call_output') {
        next = 'menu'
        return reply(booked(last.output))
      }
      if (/\btable|\bbook/i.test(text)) return call('book_table', { people: 4, time: '19:30' })
      if (/\bserve|\bmenu|\beat\b/i.test(text)) {
        next = 'goodbye'
        return reply('Leek soup, trout, and plum cake.')
      }
      if (/\blater|\bbye|\bthank/i.test(text)) {
        next = 'book'
        return reply('We look forward to it. Good night!')
      }
      return reply('I can book a table for you, or tell you what we serve tonight.')
    },
  }
}

function booked(output: unknown): string {
  const { code } = JSON.parse(String(output)) as { code?: string }
  return code ? `Your table is booked. The code is ${[...code].join(' ')}.` : 'I could not book that. Please call us.'
}
