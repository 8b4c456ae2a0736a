import { type Clock, systemClock } from '../../internal/clock.js'
import { createId } from '../../internal/id.js'
import type { AnySession } from '../../protocol/events/session.js'
import type {
  ClientSecret,
  ClientSecretCreateParams,
  TranslationClientSecret,
  TranslationClientSecretCreateParams,
} from '../../protocol/rest.js'
import { memoryPair } from '../../transports/memory-pair.js'
import type { Transport, TransportClose } from '../../transports/transport.js'
import {
  admit,
  admitCall,
  type CallRequest,
  type ConnectRequest,
  type RefusedCall,
  refuseJoiner,
  type TurnedAway,
} from './admission.js'
import { createClientSecrets } from './client-secrets.js'
import { errorFrame } from './error-frame.js'
import { createLiveCalls, type Place } from './live-calls.js'
import type { EmulatorContext, EmulatorOptions } from './options.js'
import type { Refusal } from './rules.js'
import { createScriptReader } from './script.js'
import { type EmulatedSession, holdSession, type SoundEnds } from './session.js'
import { admitTranslation } from './translation-admission.js'
import { markLanguage, type Phrase } from './translation-phrase.js'
import { type HeldTranslation, holdTranslation } from './translation-session.js'
import { describeSpeech, type Turn } from './turn.js'
import { createVoice } from './voices.js'

/** A Realtime server that needs no network, key or model. */
export interface Emulator {
  /**
   * A transport whose other end is a session of this emulator; opened again after a close, it is a new session. With a `callId` it joins
   * the session of that call.
   */
  connect(request?: ConnectRequest): Transport
  /**
   * Serves a client over the server's end of a transport: opens it, and holds a session, or lets it join that of a call, until it closes.
   * @returns resolves when the transport is open
   */
  attach(transport: Transport, request: ConnectRequest): Promise<void>
  /**
   * Decides about a call whose sound will travel beside the events, before there is a connection; `serve` answers calls so.
   * @param callId made up, unless the call has one already
   */
  answerCall(request: CallRequest, callId?: string): AnsweredCall | RefusedCall
  /** Mints a client secret, which `connect` and `serve` then accept; or says why not. */
  mintClientSecret(params?: ClientSecretCreateParams): ClientSecret | Refusal
  /** Mints a client secret for translation sessions. */
  mintTranslationSecret(params: TranslationClientSecretCreateParams): TranslationClientSecret
  /** Whether a standard key is accepted; any is, when the emulator was given none. */
  acceptsKey(apiKey: string | undefined): boolean
  /** Sessions that are open. */
  readonly sessionCount: number
  /** What all its time is told by. */
  readonly clock: Clock
  /** Ends every session, as a server that goes down: close code 1001. */
  close(): Promise<void>
}

/** A call that was accepted. From now on others may join it by its id. */
export interface AnsweredCall {
  /** `rtc_…` */
  readonly callId: string
  /**
   * Holds the session over the server's end of a transport whose `audio` is `media`: opens it, until it closes.
   * @param carry is given both directions of the sound when the session begins
   * @returns resolves when the transport is open
   */
  hold(transport: Transport, carry: (sound: SoundEnds) => void): Promise<void>
  /** The call is over, or came to nothing; nobody can join it any more. The end of its session does the same. */
  end(): void
}

/** Where a client takes part in a session. */
interface Seat extends Pick<Place, 'receive'> {
  leave(close: TransportClose): void
}

/** Makes an emulator. All its sessions share its script, its keys and its clock. */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const { clock = systemClock, hear = describeSpeech, pace = 4, latencyMs = 100, transcriptionLagMs = 50 } = options
  const sessionMs = (options.sessionMinutes ?? 60) * 60_000
  // The clock's origin in the world, so that time told in events passes as the clock does.
  const originMs = Date.now() - clock.now()
  const now = () => (originMs + clock.now()) / 1000
  const context: EmulatorContext = {
    clock,
    now,
    hear,
    translate: options.translate ?? markLanguage,
    pace,
    latencyMs,
    transcriptionLagMs,
    sessionMs,
    decide: createScriptReader<Turn>(options.script),
    speak: createVoice<Turn | Phrase>(options.voice ?? 'echo'),
  }
  const secrets = createClientSecrets(now)
  const calls = createLiveCalls()
  const held = new Map<EmulatedSession | HeldTranslation, Transport>()
  const joined = new Set<Transport>()

  const admission = {
    apiKey: options.apiKey,
    models: options.models,
    secrets,
    expiresAt: () => Math.floor(now() + sessionMs / 1000),
  }

  function turnAway(transport: Transport, { refusal, closeCode }: TurnedAway): undefined {
    transport.send(errorFrame(refusal))
    void transport.close(closeCode, `${refusal.type}.${refusal.code}`)
  }

  /** Opens the server's end of a transport, and gives the client its place until it closes. */
  async function seat(transport: Transport, begin: () => Seat | undefined): Promise<void> {
    let taken: Seat | undefined
    // Frames may follow the opening at once, before the promise of it has told anyone.
    const undo = [
      transport.on('open', () => {
        taken = begin()
      }),
      transport.on('message', (frame) => taken?.receive(frame)),
      transport.on('close', (close) => {
        for (const off of undo) off()
        taken?.leave(close)
      }),
    ]
    await transport.open()
  }

  function hold(
    transport: Transport,
    decide: () => AnySession | TurnedAway,
    onBegin: (session: EmulatedSession) => void = () => {},
  ): Promise<void> {
    return seat(transport, () => {
      const admitted = decide()
      if ('refusal' in admitted) return turnAway(transport, admitted)
      const session = holdSession(transport, admitted, context)
      held.set(session, transport)
      onBegin(session)
      return {
        receive: (frame) => session.receive(frame),
        leave({ code, reason }) {
          held.delete(session)
          // Whoever joined a call is told that it is over; that the server goes down is another matter.
          if (code === 1001) session.dispose(code, reason)
          else session.dispose()
        },
      }
    })
  }

  function join(transport: Transport, request: ConnectRequest & { readonly callId: string }): Promise<void> {
    return seat(transport, () => {
      const refused = refuseJoiner(request, admission, calls.has)
      if (refused) return turnAway(transport, refused)
      const place = calls.join(request.callId, transport)
      joined.add(transport)
      return {
        receive: place.receive,
        leave() {
          joined.delete(transport)
          place.leave()
        },
      }
    })
  }

  function interpret(transport: Transport, request: ConnectRequest): Promise<void> {
    return seat(transport, () => {
      const admitted = admitTranslation(request, admission)
      if ('refusal' in admitted) return turnAway(transport, admitted)
      const session = holdTranslation(transport, admitted, context)
      held.set(session, transport)
      return {
        receive: session.receive,
        leave() {
          held.delete(session)
          session.dispose()
        },
      }
    })
  }

  function attach(transport: Transport, request: ConnectRequest): Promise<void> {
    const { callId, service } = request
    if (service === 'translations') return interpret(transport, request)
    return callId === undefined
      ? hold(transport, () => admit(request, admission))
      : join(transport, { ...request, callId })
  }

  return {
    connect(request = { model: 'gpt-realtime-2.1' }) {
      const [client, server] = memoryPair(request.callId === undefined ? {} : { audio: 'media' })
      const waitForClient = () => void attach(server, request).catch(() => {})
      server.on('close', () => queueMicrotask(waitForClient))
      waitForClient()
      return request.callId === undefined ? client : Object.assign(client, { session: 'joined' as const })
    },
    attach,
    answerCall(request, callId = createId('rtc')) {
      const decision = admitCall(request, admission)
      if ('refusal' in decision) return decision
      calls.open(callId)
      return {
        callId,
        async hold(transport, carry) {
          transport.on('close', () => calls.end(callId))
          await hold(
            transport,
            () => decision,
            (session) => {
              if (session.sound) carry(session.sound)
              calls.begin(callId, session)
            },
          )
        },
        end: () => calls.end(callId),
      }
    },
    mintClientSecret: (params = {}) => secrets.mint(params),
    mintTranslationSecret: secrets.mintTranslation,
    acceptsKey: (apiKey) => options.apiKey === undefined || apiKey === options.apiKey,
    get sessionCount() {
      return held.size
    },
    clock,
    async close() {
      const transports = [...joined, ...held.values()]
      await Promise.all(transports.map((transport) => transport.close(1001, 'The server is going down.')))
    },
  }
}
