import { createId } from '../../internal/id.js'
import type { AnySession } from '../../protocol/events/session.js'
import { transcriptionModels } from '../../protocol/transcription.js'
import type { ClientSecrets, SecretSession } from './client-secrets.js'
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
  const { apiKey, secrets, expiresAt } = options
  const secret = request.apiKey?.startsWith('ek_') ? secrets.find(request.apiKey) : undefined
  if (apiKey !== undefined && secret === undefined && request.apiKey !== apiKey) {
    return turnAway(3000, request.apiKey ? refusals.invalidKey() : refusals.missingKey())
  }
  if (request.asksForBeta) return turnAway(4000, refusals.betaShape())
  const target = targetOf(request, secret ?? null, options.models)
  if (isRefusal(target)) return turnAway(4000, target)

  const seed = { id: createId('sess'), model: target.model, expiresAt: expiresAt() }
  const session = target.type === 'transcription' ? newTranscriptionSession(seed) : newSession(seed)
  if (!secret || secret.type !== target.type) return session
  const configured = updateSettings(session, secret, { isVoiceLocked: false })
  return isRefusal(configured) ? turnAway(4000, configured) : configured
}

function targetOf(
  { model, intent, callId }: ConnectRequest,
  secret: SecretSession | null,
  models: readonly string[] | undefined,
): { readonly type: AnySession['type']; readonly model: string } | Refusal {
  const given = [model, intent, callId].filter((value) => value !== undefined)
  if (given.length > 1) return refusals.severalTargets()
  if (callId !== undefined) return refusals.unknownCallId(callId)
  if (intent !== undefined && intent !== 'transcription') return refusals.unknownIntent(intent)
  if (intent !== undefined || (!model && secret?.type === 'transcription')) return { type: 'transcription', model: '' }
  const wanted = model || (secret?.type === 'realtime' ? secret.model : undefined)
  if (!wanted) return refusals.missingModel()
  const exists = models ? models.includes(wanted) : !(transcriptionModels as readonly string[]).includes(wanted)
  return exists ? { type: 'realtime', model: wanted } : refusals.invalidModel(wanted)
}

function turnAway(closeCode: 3000 | 4000, refusal: Refusal): TurnedAway {
  return { refusal, closeCode }
}
