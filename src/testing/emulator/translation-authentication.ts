import { createId } from '../../internal/id.js'
import type { TranslationSession } from '../../protocol/translation-session.js'
import {
  type AuthenticationOptions,
  type ConnectRequest,
  checkCredentials,
  findSecret,
  type RejectedConnection,
  reject,
} from './authentication.js'
import { refusals } from './refusals.js'
import { newTranslationSession, updateTranslationSession } from './translation-settings.js'

/** Returns the translation session for a connection, or the reason for its rejection. */
export function authenticateTranslation(
  request: ConnectRequest,
  options: AuthenticationOptions,
): TranslationSession | RejectedConnection {
  const barred = checkCredentials(request, options)
  if (barred) return barred
  const secret = findSecret(request, options) ?? undefined
  if (secret && secret.type !== 'translation') return reject(4000, refusals.otherSecret(secret.type))
  if (request.intent !== undefined || request.callId !== undefined) return reject(4000, refusals.onlyModel())
  const model = request.model || request.deployment || secret?.model
  if (!model) return reject(4000, refusals.missingModel('realtime/translations?model=gpt-realtime-translate'))
  const exists = /translat/i.test(model) && (options.models?.includes(model) ?? true)
  if (!exists) return reject(4000, refusals.invalidModel(model, 'translation'))
  const session = newTranslationSession({ id: createId('sess'), model, expiresAt: options.expiresAt() })
  return secret ? updateTranslationSession(session, secret) : session
}
