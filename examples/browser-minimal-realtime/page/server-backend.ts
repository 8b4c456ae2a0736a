import { webSocket } from 'realtime-primitives'
import { webRTC } from 'realtime-primitives/webrtc'
import type { Backend } from './backend.js'
import { eventLine, mediaLine } from './lines.js'
import { fetchClientSecret, fetchSettings } from './settings.js'

/** Connects to the service or the emulator that the server of the page names. */
export async function createServerBackend(): Promise<Backend> {
  const { service, model, ways, baseUrl } = await fetchSettings()
  const endpoint = { apiKey: fetchClientSecret, ...(baseUrl !== undefined && { baseUrl }) }
  return {
    description: service === 'emulator' ? 'The emulator answers' : `${model} answers`,
    model,
    ways,
    createLine: (way, options) =>
      way === 'webrtc'
        ? mediaLine(webRTC({ ...endpoint, direction: 'sendrecv' }), options)
        : eventLine(webSocket({ ...endpoint, model }), options),
  }
}
