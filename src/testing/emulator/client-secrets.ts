import { createId } from '../../internal/id.js'
import type {
  ClientSecret,
  ClientSecretCreateParams,
  ClientSecretExpiry,
  TranslationClientSecret,
  TranslationClientSecretCreateParams,
} from '../../protocol/rest.js'
import { isRefusal, type Refusal } from './rules.js'
import { newSession, newTranscriptionSession, updateSettings } from './settings.js'
import { newTranslationSession, updateTranslationSession } from './translation-settings.js'

/** What a client secret stands for. */
export type SecretSession =
  | NonNullable<ClientSecretCreateParams['session']>
  | ({ readonly type: 'translation' } & TranslationClientSecretCreateParams['session'])

/** The client secrets that were minted. */
export interface ClientSecrets {
  /** Mints a secret, as `POST /v1/realtime/client_secrets` does; or says why not. */
  mint(params: ClientSecretCreateParams): ClientSecret | Refusal
  /** Mints a secret, as `POST /v1/realtime/translations/client_secrets` does. */
  mintTranslation(params: TranslationClientSecretCreateParams): TranslationClientSecret
  /** The session that a secret starts: `undefined` when it is unknown or too old, `null` when it starts any. */
  find(value: string): SecretSession | null | undefined
}

/** What a secret starts that says nothing of a model. */
export const defaultModel = 'gpt-realtime-2.1'

/** @param now seconds since 1970 */
export function createClientSecrets(now: () => number): ClientSecrets {
  const secrets = new Map<string, { readonly session: SecretSession | null; readonly expiresAt: number }>()

  function forgetOld(): void {
    for (const [value, { expiresAt }] of secrets) if (expiresAt <= now()) secrets.delete(value)
  }

  function keep(session: SecretSession | null, lifetime: ClientSecretExpiry | undefined) {
    forgetOld()
    const value = createId('ek')
    const expiresAt = Math.floor(now()) + (lifetime?.seconds ?? 600)
    secrets.set(value, { session, expiresAt })
    return { value, expires_at: expiresAt }
  }

  return {
    mint({ expires_after, session: config }) {
      const model = (config?.type === 'realtime' && config.model) || defaultModel
      const seed = { id: createId('sess'), model, expiresAt: 0 }
      const blank = config?.type === 'transcription' ? newTranscriptionSession(seed) : newSession(seed)
      const session = config ? updateSettings(blank, config, { isVoiceLocked: false }) : blank
      if (isRefusal(session)) return session
      return { ...keep(config ?? null, expires_after), session }
    },
    mintTranslation({ expires_after, session: config }) {
      const blank = newTranslationSession({ id: createId('sess'), model: config.model, expiresAt: 0 })
      const session = updateTranslationSession(blank, config)
      return { ...keep({ type: 'translation', ...config }, expires_after), session }
    },
    find(value) {
      forgetOld()
      return secrets.get(value)?.session
    },
  }
}
