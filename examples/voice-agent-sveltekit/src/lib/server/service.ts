import { createEmulator } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { env } from '$env/dynamic/private'
import { emulatedTalk } from './emulated-talk'

export const model = 'gpt-realtime-2.1'

/** The API that the page uses: the service or an emulator, with the same interface. */
export interface Service {
  readonly apiKey: string
  /** For sockets: `wss://…/v1`. */
  readonly baseUrl: string
  close(): Promise<void>
}

export async function startService(): Promise<Service> {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl = 'https://api.openai.com/v1' } = env
  if (apiKey) return { apiKey, baseUrl: baseUrl.replace(/^http/, 'ws'), async close() {} }
  const emulatorKey = crypto.randomUUID()
  const { url, close } = await serve(createEmulator({ ...emulatedTalk(), apiKey: emulatorKey }))
  console.log('There is no OPENAI_API_KEY, so an emulator answers.')
  return { apiKey: emulatorKey, baseUrl: url, close }
}
