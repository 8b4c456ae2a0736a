import 'server-only'
import { call, createEmulator, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'

/** The API that the page uses: the service or an emulator, with the same interface. */
export interface Service {
  readonly apiKey: string
  /** Where the API is; the library knows where the real one is. */
  readonly baseUrl: string | undefined
  readonly name: 'emulator' | 'OpenAI'
}

declare global {
  var realtimeService: Promise<Service> | undefined
}

/** The service of this process. It is global because pages and routes load separate copies of this module, and hot reload loads it again. */
export function getService(): Promise<Service> {
  globalThis.realtimeService ??= startService()
  return globalThis.realtimeService
}

async function startService(): Promise<Service> {
  const apiKey = process.env.OPENAI_API_KEY
  if (apiKey) return { apiKey, baseUrl: process.env.OPENAI_BASE_URL || undefined, name: 'OpenAI' }
  const emulatorKey = 'sk-only-this-server-knows'
  const { httpUrl } = await serve(
    createEmulator({
      apiKey: emulatorKey,
      hear: () => 'What is the code for parcel A1001?',
      script: ({ input, text }) =>
        input.at(-1)?.type === 'function_call_output'
          ? reply(
              `The code is ${JSON.parse(text).code ?? 'not to be had now'}. The emulator looked it up with your tool, and says so in your own voice.`,
            )
          : call('pickup_code', { parcel: 'A1001' }),
    }),
  )
  return { apiKey: emulatorKey, baseUrl: httpUrl, name: 'emulator' }
}
