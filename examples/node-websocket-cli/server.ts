import type { Clock, WebSocketOptions } from 'realtime-primitives'
import {
  call,
  createEmulator,
  reply,
  type Step,
  scaledClock,
  type Turn,
  type UserTurn,
} from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import type { Options } from './options.js'

/** The server of a conversation: its address, and a description of it. */
export interface Server {
  readonly endpoint: WebSocketOptions
  readonly description: string
  close(): Promise<void>
}

/** Returns the clock of the conversation, for client and server. */
export function clockFor(speed: Options['speed']): Clock {
  return scaledClock(speed === 'fast' ? 8 : 1)
}

/** Returns the server that the command line or the environment selects, by default an embedded emulator. */
export async function serverFor(options: Options, clock: Clock): Promise<Server> {
  const apiKey = process.env.OPENAI_API_KEY
  const key = apiKey === undefined || apiKey === '' ? {} : { apiKey }
  const close = async () => {}
  if (options.url !== undefined) return { endpoint: { url: options.url, ...key }, description: options.url, close }
  if ('apiKey' in key) return { endpoint: { model: options.model, ...key }, description: 'the real service', close }

  const emulator = createEmulator(
    options.input === undefined
      ? { clock, script: callAt(2), hear: hearLines(spokenLines) }
      : { clock, script: callAt(1) },
  )
  const server = await serve(emulator)
  return {
    endpoint: { baseUrl: server.url, model: options.model },
    description: `${server.url} (the emulator in this program; it answers with the caller's own words)`,
    close: () => server.close(),
  }
}

/** The transcript of `speech.wav`. The emulator cannot transcribe audio. */
const spokenLines = [
  'Hello there. Can you hear me?',
  'What is the weather like in Lisbon today?',
  'Lovely. Then tell me, slowly, everything you know about the sea.',
  'Thank you, that is enough. Goodbye.',
]

function hearLines(lines: readonly string[]): (turn: UserTurn) => string {
  const left = [...lines]
  return ({ durationMs }) => left.shift() ?? `[${(durationMs / 1000).toFixed(1)} s of speech]`
}

/** A script that calls a function in the response to one turn. The emulator's default applies to all other turns. */
function callAt(spokenTurn: number): (turn: Turn) => Step | undefined {
  let isCalled = false
  return ({ input }) => {
    if (input.at(-1)?.type === 'function_call_output') return reply('Clear skies over Lisbon, and 21 degrees.')
    const turns = input.filter((item) => item.type === 'message' && item.role === 'user').length
    if (isCalled || turns < spokenTurn) return undefined
    isCalled = true
    return call('weather', { city: 'Lisbon' })
  }
}
