import { createId } from '../../internal/id.js'
import type { TranslationSession } from '../../protocol/translation-session.js'
import { type AdmissionOptions, bar, type ConnectRequest, secretOf, type TurnedAway, turnAway } from './admission.js'
import { refusals } from './rules.js'
import { newTranslationSession, updateTranslationSession } from './translation-settings.js'

/** The translation session that a request gets, or why it gets none. */
export function admitTranslation(request: ConnectRequest, options: AdmissionOptions): TranslationSession | TurnedAway {
  const barred = bar(request, options)
  if (barred) return barred
  const secret = secretOf(request, options) ?? undefined
  if (secret && secret.type !== 'translation') return turnAway(4000, refusals.otherSecret(secret.type))
  if (request.intent !== undefined || request.callId !== undefined) return turnAway(4000, refusals.onlyModel())
  const model = request.model || secret?.model
  if (!model) return turnAway(4000, refusals.missingModel('realtime/translations?model=gpt-realtime-translate'))
  const exists = /translat/i.test(model) && (options.models?.includes(model) ?? true)
  if (!exists) return turnAway(4000, refusals.invalidModel(model, 'translation'))
  const session = newTranslationSession({ id: createId('sess'), model, expiresAt: options.expiresAt() })
  return secret ? updateTranslationSession(session, secret) : session
}
