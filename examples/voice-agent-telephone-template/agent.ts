// The file to edit: the instructions, the settings, and the tools of the agent.
import { type RealtimeSession, runTools, type SessionConfigInput, tool } from 'realtime-primitives'
import * as z from 'zod'

export const model = 'gpt-realtime-2.1'

export const greeting = 'Greet the caller in one short sentence, and ask how you can help.'

export const config: SessionConfigInput = {
  instructions: `
# Role
You answer the telephone of Harbour Dental. You tell callers when the practice is open, and book appointments. Nothing else.

# Tone
Warm and brief: one or two short sentences, then let the caller speak.

# Unclear audio
If you did not clearly understand the caller, ask once more.

# Tools
- free_times: before you offer a time. Never guess one.
- book: only after the caller has agreed to a time and told you a name.
`,
  audio: {
    input: {
      transcription: { model: 'gpt-transcribe' },
      turn_detection: { type: 'server_vad', silence_duration_ms: 500 },
    },
    output: { voice: 'marin' },
  },
}

/** The appointments of the practice. Replace it by your own system. */
export interface Calendar {
  freeTimes(day: string): Promise<readonly string[]>
  book(appointment: { readonly day: string; readonly time: string; readonly name: string }): Promise<void>
}

/** Creates a calendar in memory. */
export function createCalendar(): Calendar {
  const booked = new Set<string>()
  return {
    freeTimes: async (day) => ['09:00', '11:30', '15:00'].filter((time) => !booked.has(`${day} ${time}`)),
    async book({ day, time }) {
      // The arguments come from a model, so the rules are checked here.
      if (booked.has(`${day} ${time}`)) throw new Error('The time is taken')
      booked.add(`${day} ${time}`)
    },
  }
}

/** Gives the tools to the model. They stop when the session closes. */
export function runAgent(session: RealtimeSession, calendar: Calendar): void {
  const day = z.string().describe('Date of the appointment, YYYY-MM-DD')
  runTools(session, [
    tool({
      name: 'free_times',
      description: 'Returns the free times of a day.',
      parameters: z.object({ day }),
      execute: async (query) => ({ times: await calendar.freeTimes(query.day) }),
    }),
    tool({
      name: 'book',
      description: 'Books an appointment.',
      parameters: z.object({ day, time: z.string(), name: z.string() }),
      async execute(appointment) {
        await calendar.book(appointment)
        return { booked: true }
      },
    }),
  ])
}
