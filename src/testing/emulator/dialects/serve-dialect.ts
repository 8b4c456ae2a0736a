import type { Transport } from '../../../transports/transport.js'
import { wrapTransport } from '../../../transports/wrap-transport.js'
import { type CreateDialectServer, type EmulatedDialect, isObject, type Json } from './emulated-dialect.js'
import {
  createAzureServer,
  createBetaServer,
  createInworldServer,
  createMinimalServer,
  createVoiceLiveServer,
} from './others.js'
import { createXaiServer } from './xai.js'

const servers: Readonly<Record<Exclude<EmulatedDialect, 'ga'>, CreateDialectServer>> = {
  beta: createBetaServer,
  xai: createXaiServer,
  azure: createAzureServer,
  'azure-voice-live': createVoiceLiveServer,
  inworld: createInworldServer,
  minimal: createMinimalServer,
}

/** The names of the dialects. */
export const emulatedDialects: readonly EmulatedDialect[] = ['ga', ...(Object.keys(servers) as EmulatedDialect[])]

/** Wraps the server side of a transport so that its client is served in a dialect. */
export function serveDialect(transport: Transport, dialect: EmulatedDialect, model?: string): Transport {
  if (dialect === 'ga') return transport
  let server = servers[dialect](model)
  return wrapTransport(transport, {
    onOpen(next) {
      server = servers[dialect](model)
      next()
    },
    send(frame, next) {
      for (const event of server.toClient(JSON.parse(frame) as Json)) next(JSON.stringify(event))
    },
    onMessage(frame, next) {
      const event = parse(frame)
      if (!event) return next(frame)
      const translated = server.toEmulator(event)
      if ('error' in translated) transport.send(JSON.stringify(translated.error))
      else next(JSON.stringify(translated.event))
    },
  })
}

/** The session rejects what is not an event. */
function parse(frame: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(frame)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
