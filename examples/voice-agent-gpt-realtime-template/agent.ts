// The file to edit: instructions, voice, turn detection, tools, and approvals of the agent.
import { type ApprovalRequest, type SessionConfigInput, tool } from 'realtime-primitives'
import * as z from 'zod'
import type { Shop } from './shop.js'

export const model = 'gpt-realtime-2.1'

// Realtime models follow short rules under clear headings, and take contradictions literally: change one rule at a time, then listen.
const instructions = `
# Role
You answer the telephone of Harbour Coffee, an online shop. You help with orders: where they are, and refunds. Nothing else.

# Tone
Warm, calm, to the point. One or two short sentences, then let the caller speak. Do not begin two answers in a row with the same words.

# Language
Speak the caller's language. If you are not sure which it is, speak English. An accent is no reason to change the language.

# Unclear audio
Answer only what you clearly heard. After noise, silence or half a word, ask once more in a few words, in other words each time.
Say numbers digit by digit. Repeat an order number before you use it: "4 7 1 1, is that right?"

# Tools
- find_order: as soon as the caller has confirmed an order number. Say "I'll look" first. Never guess what it would answer.
- refund: only after find_order, and only after the caller has said yes to the sum. Say the sum aloud.
- If a tool fails or is refused, say so plainly and offer what its answer suggests. Do not try the same again.

# Ending
When the caller wants nothing more, call end_call without a word before it, then say goodbye in one sentence.
If the caller asks for a person, or is upset for a second time, say that a colleague will write today, then end the call.
`

/** The session, as the client secret carries it. */
export const agent = {
  instructions,
  audio: {
    input: {
      // For captions and logs. The model itself uses the audio, not this transcript.
      transcription: { model: 'gpt-transcribe' },
      noise_reduction: { type: 'near_field' },
      // Waits for the end of a thought. In noisy places use { type: 'server_vad', threshold: 0.6 }.
      turn_detection: { type: 'semantic_vad', eagerness: 'auto' },
    },
    output: { voice: 'marin' },
  },
} satisfies SessionConfigInput

/** The greeting. */
export const greeting = 'Greet the caller in one sentence: you are Harbour Coffee, and ask how you can help.'

/** What it can do. The functions run on the server. */
export const toolsOf = (shop: Shop, endCall: () => void) => [
  tool({
    name: 'find_order',
    description: 'Status, arrival and total of an order.',
    parameters: z.object({ orderNumber: z.string().regex(/^\d{4}$/, 'four digits') }),
    progress: { afterMs: 2_000, text: 'One moment, the shop is slow today.' },
    execute: async ({ orderNumber }) =>
      (await shop.find(orderNumber)) ?? 'There is no such order. Ask for the number again.',
  }),
  tool({
    name: 'refund',
    description: 'Gives money back for an order, in dollars. It cannot be undone.',
    parameters: z.object({ orderNumber: z.string(), amount: z.number().positive() }),
    needsApproval: ({ amount }) => amount > 50,
    async execute({ orderNumber, amount }) {
      await shop.refund(orderNumber, amount)
      return `Refunded ${amount} dollars; they arrive within 3 days.`
    },
  }),
  tool({
    name: 'end_call',
    description: 'Ends the call after your next sentence. Only when the caller wants nothing more.',
    execute() {
      endCall()
      return 'Say goodbye in one short sentence.'
    },
  }),
]

/** What becomes of a call that needs an approval: true, or why not. Ask a person here; the model waits for up to a minute. */
export async function decide(_request: ApprovalRequest): Promise<true | string> {
  return 'Only a colleague may refund so much. Offer that one writes an e-mail today.'
}
