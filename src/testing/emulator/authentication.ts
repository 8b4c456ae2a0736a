import { createId } from '../../internal/id.js'
import type { AnySession } from '../../protocol/events/session.js'
import { realtimeModels } from '../../protocol/scalars.js'
import type { SessionConfig } from '../../protocol/session.js'
import { type ClientSecrets, defaultModel, type SecretSession } from './client-secrets.js'
import { isRefusal, type Refusal, refusals } from './refusals.js'
import { newSession, newTranscriptionSession, updateSettings } from './settings.js'

/** Options of a new connection: exactly one of `model`, `deployment`, `intent`, and `callId`. With a client secret they are optional. */
export interface ConnectRequest {
  /** Model of the session. */
  readonly model?: string
  /** Name of an Azure deployment, which takes the place of the model. Without the `models` option, all names exist. */
  readonly deployment?: string
  /** `transcription` for a transcription session. */
  readonly intent?: string
  /** Identifier of a call to join. */
  readonly callId?: string
  /**
   * `translations` for a translation session, which requires a `model`.
   * @defaultValue 'realtime'
   */
  readonly service?: 'realtime' | 'translations'
  /** A standard API key or a client secret. */
  readonly apiKey?: string
  /** Whether the client requests the beta protocol, which is rejected. */
  readonly asksForBeta?: boolean
  /** Name of the script of the session. */
  readonly script?: string
  /**
   * The test that the session belongs to, any text.
   * @defaultValue the API key, if it starts with `test-` or `sk-test-`
   */
  readonly testId?: string
}

/** A rejected connection. The client receives an `error` event, then the socket closes with `closeCode`. */
export interface RejectedConnection {
  readonly refusal: Refusal
  readonly closeCode: 3000 | 4000
}

/** Options of a new call whose audio uses media tracks (WebRTC, SIP). */
export interface CallRequest extends Omit<ConnectRequest, 'callId'> {
  /** Configuration of the session. Not allowed with a client secret, which has its own. */
  readonly session?: SessionConfig | undefined
}

/** A rejected call, with the HTTP status of the response. */
export interface RejectedCall {
  readonly refusal: Refusal
  readonly status: 400 | 401
}

/** Options for authenticating connections and calls. */
export interface AuthenticationOptions {
  readonly apiKey: string | undefined
  readonly models: readonly string[] | undefined
  /** Names of the voices that exist. */
  readonly voices: readonly string[]
  readonly secrets: ClientSecrets
  /** Returns when a session that starts now expires, in seconds since 1970. */
  readonly expiresAt: () => number
}

/** Returns the session resource for a connection, or the reason for its rejection. */
export function authenticate(request: ConnectRequest, options: AuthenticationOptions): AnySession | RejectedConnection {
  const secret = findSecret(request, options)
  const barred = checkCredentials(request, options)
  if (barred) return barred
  if (secret?.type === 'translation') return reject(4000, refusals.otherSecret(secret.type))
  const target = targetOf(request, secret ?? null, options.models)
  if (isRefusal(target)) return reject(4000, target)

  const seed = { id: createId('sess'), model: target.model, expiresAt: options.expiresAt() }
  const session = target.type === 'transcription' ? newTranscriptionSession(seed) : newSession(seed)
  if (!secret || secret.type !== target.type) return session
  const configured = updateSettings(session, secret, options)
  return isRefusal(configured) ? reject(4000, configured) : configured
}

/** Returns why a client may not join a call, or `undefined` if it may. */
export function rejectJoin(
  request: ConnectRequest & { readonly callId: string },
  options: AuthenticationOptions,
  isLive: (callId: string) => boolean,
): RejectedConnection | undefined {
  const barred = checkCredentials(request, options)
  if (barred) return barred
  if ((request.model ?? request.deployment ?? request.intent) !== undefined)
    return reject(4000, refusals.severalTargets())
  return isLive(request.callId) ? undefined : reject(4000, refusals.unknownCallId(request.callId))
}

/** Returns the session resource for a call, or the reason for its rejection. */
export function authenticateCall(
  { session: config, ...request }: CallRequest,
  options: AuthenticationOptions,
): AnySession | RejectedCall {
  let model = config?.model ?? request.model ?? request.deployment
  if (request.apiKey?.startsWith('ek_')) {
    const secret = options.secrets.find(request.apiKey)
    if (secret === undefined) return { refusal: refusals.invalidKey(), status: 401 }
    // The client secret determines the session, so the query and the form may not.
    if (request.model !== undefined || request.deployment !== undefined)
      return rejectCall(refusals.fixedBySecret('model'))
    if (config !== undefined) return rejectCall(refusals.fixedBySecret('session'))
    if (secret?.type !== 'transcription') model = secret?.model ?? defaultModel
  }
  const { model: _model, deployment, ...rest } = request
  const named = model === undefined ? {} : deployment === undefined ? { model } : { deployment: model }
  const admitted = authenticate({ ...rest, ...named }, options)
  if ('refusal' in admitted) return { refusal: admitted.refusal, status: admitted.closeCode === 3000 ? 401 : 400 }
  if (config === undefined) return admitted
  const configured = updateSettings(admitted, config, options)
  return isRefusal(configured) ? rejectCall(configured) : configured
}

/** Checks the API key and the protocol version. Returns `undefined` when both are accepted. */
export function checkCredentials(
  request: ConnectRequest,
  options: AuthenticationOptions,
): RejectedConnection | undefined {
  const { apiKey } = options
  if (apiKey !== undefined && findSecret(request, options) === undefined && request.apiKey !== apiKey)
    return reject(3000, request.apiKey ? refusals.invalidKey() : refusals.missingKey())
  return request.asksForBeta ? reject(4000, refusals.betaShape()) : undefined
}

/**
 * Returns the session of the client secret in a request: `undefined` without a valid secret, `null` when the secret allows any session.
 */
export function findSecret(
  { apiKey }: ConnectRequest,
  { secrets }: AuthenticationOptions,
): SecretSession | null | undefined {
  return apiKey?.startsWith('ek_') ? secrets.find(apiKey) : undefined
}

/** Returns the test that a connection belongs to. Only API keys that are made for tests name one, so that no journal contains a real key. */
export function testIdOf({ testId, apiKey }: Pick<ConnectRequest, 'testId' | 'apiKey'>): string | undefined {
  return testId ?? (/^(sk-)?test-/.test(apiKey ?? '') ? apiKey : undefined)
}

function rejectCall(refusal: Refusal): RejectedCall {
  return { refusal, status: 400 }
}

const knownModels: readonly string[] = realtimeModels

function targetOf(
  { model = '', deployment = '', intent }: ConnectRequest,
  secret: SecretSession | null,
  models: readonly string[] | undefined,
): { readonly type: AnySession['type']; readonly model: string } | Refusal {
  const named = model || deployment
  if (named && intent !== undefined) return refusals.severalTargets()
  if (intent !== undefined && intent !== 'transcription') return refusals.unknownIntent(intent)
  if (intent !== undefined || (!named && secret?.type === 'transcription')) return { type: 'transcription', model: '' }
  const bound = secret?.type === 'realtime' ? secret.model : undefined
  const wanted = named || bound
  if (!wanted) return refusals.missingModel()
  // The model of a client secret was checked when the secret was minted.
  const exists =
    wanted === bound || (models ?? knownModels).includes(wanted) || (wanted === deployment && models === undefined)
  return exists ? { type: 'realtime', model: wanted } : refusals.invalidModel(wanted)
}

export function reject(closeCode: 3000 | 4000, refusal: Refusal): RejectedConnection {
  return { refusal, closeCode }
}
