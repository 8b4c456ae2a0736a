import type { SessionConfigInput } from 'realtime-primitives'

export const model = 'gpt-realtime-2.1'

/** The agent, the same on a page, in a conversation and on the telephone. */
export const agent = {
  instructions: 'You are the assistant of a small hotel. Be brief.',
  audio: {
    // A snapshot holds words and no sound: what is not transcribed is forgotten with the session.
    input: { transcription: { model: 'gpt-transcribe' } },
    output: { voice: 'marin' },
  },
} satisfies SessionConfigInput

/** Workers cannot ping, so after a silence this asks for a sign of life: it is answered, and changes nothing. */
export const probe = (): string => JSON.stringify({ type: 'session.update', session: { type: 'realtime' } })
