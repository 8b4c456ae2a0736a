import { systemClock } from '../../internal/clock.js'
import type { ClientSecret, ClientSecretCreateParams } from '../../protocol/rest.js'
import { memoryPair } from '../../transports/memory.js'
import type { Transport } from '../../transports/transport.js'
import { admit, type ConnectRequest } from './admission.js'
import { createClientSecrets } from './client-secrets.js'
import { errorFrame } from './error-frame.js'
import type { EmulatorContext, EmulatorOptions } from './options.js'
import type { Refusal } from './rules.js'
import { createScriptReader } from './script.js'
import { type EmulatedSession, holdSession } from './session.js'
import { describeSpeech, type Turn } from './turn.js'
import { createVoice } from './voices.js'

/** A Realtime server that needs no network, key or model. */
export interface Emulator {
  /** A transport whose other end is a session of this emulator; opened again after a close, it is a new session. */
  connect(request?: ConnectRequest): Transport
  /**
   * Serves a client over the server's end of a transport: opens it, and holds a session until it closes.
   * @returns resolves when the transport is open
   */
  attach(transport: Transport, request: ConnectRequest): Promise<void>
  /** Mints a client secret, which `connect` and `serve` then accept; or says why not. */
  mintClientSecret(params?: ClientSecretCreateParams): ClientSecret | Refusal
  /** Whether a standard key is accepted; any is, when the emulator was given none. */
  acceptsKey(apiKey: string | undefined): boolean
  /** Sessions that are open. */
  readonly sessionCount: number
  /** Ends every session, as a server that goes down: close code 1001. */
  close(): Promise<void>
}

/** Makes an emulator. All its sessions share its script, its keys and its clock. */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const { clock = systemClock, hear = describeSpeech, pace = 4, latencyMs = 100, transcriptionLagMs = 50 } = options
  const sessionMs = (options.sessionMinutes ?? 60) * 60_000
  const context: EmulatorContext = {
    clock,
    hear,
    pace,
    latencyMs,
    transcriptionLagMs,
    sessionMs,
    decide: createScriptReader<Turn>(options.script),
    speak: createVoice<Turn>(options.voice ?? 'echo'),
  }
  // The clock's origin in the world, so that time told in events passes as the clock does.
  const originMs = Date.now() - clock.now()
  const now = () => (originMs + clock.now()) / 1000
  const secrets = createClientSecrets(now)
  const held = new Map<EmulatedSession, Transport>()

  function greet(transport: Transport, request: ConnectRequest): EmulatedSession | undefined {
    const admitted = admit(request, {
      apiKey: options.apiKey,
      models: options.models,
      secrets,
      expiresAt: () => Math.floor(now() + sessionMs / 1000),
    })
    if (!('refusal' in admitted)) return holdSession(transport, admitted, context)
    transport.send(errorFrame(admitted.refusal))
    void transport.close(admitted.closeCode, `${admitted.refusal.type}.${admitted.refusal.code}`)
    return undefined
  }

  async function attach(transport: Transport, request: ConnectRequest): Promise<void> {
    let session: EmulatedSession | undefined
    // Frames may follow the opening at once, before the promise of it has told anyone.
    const undo = [
      transport.on('open', () => {
        session = greet(transport, request)
        if (session) held.set(session, transport)
      }),
      transport.on('message', (frame) => session?.receive(frame)),
      transport.on('close', () => {
        for (const off of undo) off()
        if (session) held.delete(session)
        session?.dispose()
      }),
    ]
    await transport.open()
  }

  return {
    connect(request = { model: 'gpt-realtime-2.1' }) {
      const [client, server] = memoryPair()
      const waitForClient = () => void attach(server, request).catch(() => {})
      server.on('close', () => queueMicrotask(waitForClient))
      waitForClient()
      return client
    },
    attach,
    mintClientSecret: (params = {}) => secrets.mint(params),
    acceptsKey: (apiKey) => options.apiKey === undefined || apiKey === options.apiKey,
    get sessionCount() {
      return held.size
    },
    async close() {
      await Promise.all([...held.values()].map((transport) => transport.close(1001, 'The server is going down.')))
    },
  }
}
