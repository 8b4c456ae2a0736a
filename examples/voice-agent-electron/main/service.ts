import { createClientSecret, isHttpError } from 'realtime-primitives/server'
import type { SecretResult } from '../shared/bridge.js'

export const model = 'gpt-realtime-2.1'

const instructions = 'You are a desktop assistant. Answer in one or two short sentences, in the language of the user.'

/** An API that creates client secrets. */
export interface Service {
  readonly apiKey: string
  /** `undefined` for the default of the library. */
  readonly baseUrl: string | undefined
}

/** An emulator in the main process, which stands in for the service until there is a key. */
export interface EmulatedService extends Service {
  close(): Promise<void>
}

export async function startEmulator(): Promise<EmulatedService> {
  const [{ createEmulator, reply }, { serve }] = await Promise.all([
    import('realtime-primitives/testing'),
    import('realtime-primitives/testing/node'),
  ])
  const apiKey = 'sk-emulator'
  const emulator = createEmulator({
    apiKey,
    hear: ({ durationMs }) => `(${(durationMs / 1000).toFixed(1)} seconds of speech)`,
    script: () =>
      reply('This is your own voice, played back by the emulator. Enter an API key to talk to the service.'),
  })
  const server = await serve(emulator)
  return { apiKey, baseUrl: server.httpUrl, close: server.close }
}

/** Creates a client secret that can open one kind of session and expires after a minute. */
export async function createSecret({ apiKey, baseUrl }: Service): Promise<SecretResult> {
  try {
    const { value } = await createClientSecret(
      {
        expires_after: { anchor: 'created_at', seconds: 60 },
        session: {
          type: 'realtime',
          model,
          instructions,
          audio: {
            // The user decides when a turn ends, so the server does not detect turns.
            input: { transcription: { model: 'gpt-transcribe' }, turn_detection: null },
            output: { voice: 'marin' },
          },
        },
      },
      { apiKey, ...(baseUrl !== undefined && { baseUrl }) },
    )
    return { value }
  } catch (error) {
    if (!isHttpError(error)) throw error
    // Messages of these errors contain neither the key nor the body of the response.
    console.error(error.message)
    if (isHttpError(error, 'NETWORK') || isHttpError(error, 'TIMEOUT')) return { problem: 'unreachable' }
    const status = isHttpError(error, 'STATUS') ? error.data.status : undefined
    if (status === 401 || status === 403) return { problem: 'key-rejected' }
    return { problem: status === 429 ? 'rate-limited' : 'failed' }
  }
}
