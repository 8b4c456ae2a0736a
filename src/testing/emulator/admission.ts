import { createId } from '../../internal/id.js'
import type { AnySession } from '../../protocol/events/session.js'
import type { SessionConfig } from '../../protocol/session.js'
import { transcriptionModels } from '../../protocol/transcription.js'
import { translationModels } from '../../protocol/translation-session.js'
import { type ClientSecrets, defaultModel, type SecretSession } from './client-secrets.js'
import { isRefusal, type Refusal, refusals } from './rules.js'
import { newSession, newTranscriptionSession, updateSettings } from './settings.js'

/** What a client asks for when it connects: exactly one of `model`, `intent` and `callId`, unless its client secret says it. */
export interface ConnectRequest {
  /** The model to speak with. */
  readonly model?: string
  /** `transcription` for a session that only transcribes. */
  readonly intent?: string
  /** A call to listen in on. */
  readonly callId?: string
  /**
   * `translations` for a session that translates; it takes a `model`.
   * @defaultValue 'realtime'
   */
  readonly service?: 'realtime' | 'translations'
  /** A standard key, or a client secret. */
  readonly apiKey?: string
  /** Whether it asks for the protocol of the beta. */
  readonly asksForBeta?: boolean
}

/** A connection that is turned away: told why over the open socket, then closed. */
export interface TurnedAway {
  readonly refusal: Refusal
  readonly closeCode: 3000 | 4000
}

/** What a caller asks for whose sound travels beside the events. */
export interface CallRequest extends Omit<ConnectRequest, 'callId'> {
  /** The session to begin; a client secret has its own. */
  readonly session?: SessionConfig | undefined
}

/** A call that is turned away, with the HTTP status that says so. */
export interface RefusedCall {
  readonly refusal: Refusal
  readonly status: 400 | 401
}

/** Decides about new connections. */
export interface AdmissionOptions {
  readonly apiKey: string | undefined
  readonly models: readonly string[] | undefined
  readonly secrets: ClientSecrets
  /** When a session that begins now will end, in seconds since 1970. */
  readonly expiresAt: () => number
}

/** The session that a request gets, or why it gets none. */
export function admit(request: ConnectRequest, options: AdmissionOptions): AnySession | TurnedAway {
  const secret = secretOf(request, options)
  const barred = bar(request, options)
  if (barred) return barred
  if (secret?.type === 'translation') return turnAway(4000, refusals.otherSecret(secret.type))
  const target = targetOf(request, secret ?? null, options.models)
  if (isRefusal(target)) return turnAway(4000, target)

  const seed = { id: createId('sess'), model: target.model, expiresAt: options.expiresAt() }
  const session = target.type === 'transcription' ? newTranscriptionSession(seed) : newSession(seed)
  if (!secret || secret.type !== target.type) return session
  const configured = updateSettings(session, secret, { isVoiceLocked: false })
  return isRefusal(configured) ? turnAway(4000, configured) : configured
}

/** Why a client may not join a call, unless it may. */
export function refuseJoiner(
  request: ConnectRequest & { readonly callId: string },
  options: AdmissionOptions,
  isLive: (callId: string) => boolean,
): TurnedAway | undefined {
  const barred = bar(request, options)
  if (barred) return barred
  if (request.model !== undefined || request.intent !== undefined) return turnAway(4000, refusals.severalTargets())
  return isLive(request.callId) ? undefined : turnAway(4000, refusals.unknownCallId(request.callId))
}

/** The session that a call gets, or why it gets none. */
export function admitCall(
  { session: config, ...request }: CallRequest,
  options: AdmissionOptions,
): AnySession | RefusedCall {
  let model = config?.model ?? request.model
  if (request.apiKey?.startsWith('ek_')) {
    const secret = options.secrets.find(request.apiKey)
    if (secret === undefined) return { refusal: refusals.invalidKey(), status: 401 }
    // The secret says what begins; neither a query nor a form may.
    if (request.model !== undefined) return refuseCall(refusals.fixedBySecret('model'))
    if (config !== undefined) return refuseCall(refusals.fixedBySecret('session'))
    if (secret?.type !== 'transcription') model = secret?.model ?? defaultModel
  }
  const admitted = admit(model === undefined ? request : { ...request, model }, options)
  if ('refusal' in admitted) return { refusal: admitted.refusal, status: admitted.closeCode === 3000 ? 401 : 400 }
  if (config === undefined) return admitted
  const configured = updateSettings(admitted, config, { isVoiceLocked: false })
  return isRefusal(configured) ? refuseCall(configured) : configured
}

/** Why nothing can begin for a client, whatever it asks for. */
export function bar(request: ConnectRequest, options: AdmissionOptions): TurnedAway | undefined {
  const { apiKey } = options
  if (apiKey !== undefined && secretOf(request, options) === undefined && request.apiKey !== apiKey)
    return turnAway(3000, request.apiKey ? refusals.invalidKey() : refusals.missingKey())
  return request.asksForBeta ? turnAway(4000, refusals.betaShape()) : undefined
}

/** What the client secret of a request starts: `undefined` when there is none, `null` when it starts anything. */
export function secretOf({ apiKey }: ConnectRequest, { secrets }: AdmissionOptions): SecretSession | null | undefined {
  return apiKey?.startsWith('ek_') ? secrets.find(apiKey) : undefined
}

function refuseCall(refusal: Refusal): RefusedCall {
  return { refusal, status: 400 }
}

/** Those that hold no conversation. */
const otherModels: readonly string[] = [...transcriptionModels, ...translationModels]

function targetOf(
  { model, intent }: ConnectRequest,
  secret: SecretSession | null,
  models: readonly string[] | undefined,
): { readonly type: AnySession['type']; readonly model: string } | Refusal {
  const given = [model, intent].filter((value) => value !== undefined)
  if (given.length > 1) return refusals.severalTargets()
  if (intent !== undefined && intent !== 'transcription') return refusals.unknownIntent(intent)
  if (intent !== undefined || (!model && secret?.type === 'transcription')) return { type: 'transcription', model: '' }
  const wanted = model || (secret?.type === 'realtime' ? secret.model : undefined)
  if (!wanted) return refusals.missingModel()
  const exists = models ? models.includes(wanted) : !otherModels.includes(wanted)
  return exists ? { type: 'realtime', model: wanted } : refusals.invalidModel(wanted)
}

export function turnAway(closeCode: 3000 | 4000, refusal: Refusal): TurnedAway {
  return { refusal, closeCode }
}
