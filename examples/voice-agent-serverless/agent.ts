import type { SessionConfigInput } from 'realtime-primitives'

export const model = 'gpt-realtime-2.1'

/** The agent, the same on a page, in a conversation and on the telephone. */
export const agent = {
  instructions: 'You are the assistant of a small hotel. Be brief.',
  audio: {
    // A snapshot contains text and no audio. Audio without a transcript is lost with the session.
    input: { transcription: { model: 'gpt-transcribe' } },
    output: { voice: 'marin' },
  },
} satisfies SessionConfigInput

/** Workers cannot send pings. After a silence, this sends an event that the server acknowledges and that changes nothing. */
export const probe = (): string => JSON.stringify({ type: 'session.update', session: { type: 'realtime' } })
