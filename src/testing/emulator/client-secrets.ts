import { createId } from '../../internal/id.js'
import type {
  ClientSecret,
  ClientSecretCreateParams,
  ClientSecretExpiry,
  TranslationClientSecret,
  TranslationClientSecretCreateParams,
} from '../../protocol/rest.js'
import { isRefusal, type Refusal, refusals } from './refusals.js'
import { newSession, newTranscriptionSession, type UpdateRules, updateSettings } from './settings.js'
import { newTranslationSession, updateTranslationSession } from './translation-settings.js'

/** The session configuration that a client secret is bound to. */
export type SecretSession =
  | NonNullable<ClientSecretCreateParams['session']>
  | ({ readonly type: 'translation' } & TranslationClientSecretCreateParams['session'])

/** Client secrets that have been minted. */
export interface ClientSecrets {
  /**
   * Mints a client secret, as `POST /v1/realtime/client_secrets` does, or returns why it is rejected.
   * @param names - Whether `session.model` is the name of a model or of an Azure deployment, which can be any.
   */
  mint(params: ClientSecretCreateParams, names?: 'models' | 'deployments'): ClientSecret | Refusal
  /** Mints a client secret, as `POST /v1/realtime/translations/client_secrets` does. */
  mintTranslation(params: TranslationClientSecretCreateParams): TranslationClientSecret
  /** Returns the session of a secret: `undefined` when it is unknown or expired, `null` when it allows any session. */
  find(value: string): SecretSession | null | undefined
}

/** Model of a client secret that does not name one. */
export const defaultModel = 'gpt-realtime-2.1'

/** Options of {@link createClientSecrets}. */
export interface ClientSecretsOptions extends UpdateRules {
  /** Returns the time in seconds since 1970. */
  readonly now: () => number
  /** Names of the conversation models that exist. */
  readonly models: readonly string[]
}

/** @param options - Read each time, so that they can change. */
export function createClientSecrets(options: ClientSecretsOptions): ClientSecrets {
  const { now } = options
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
    mint({ expires_after, session: config }, names = 'models') {
      const model = (config?.type === 'realtime' && config.model) || defaultModel
      const exists = names === 'deployments' || model === defaultModel || options.models.includes(model)
      if (config?.type === 'realtime' && !exists) return refusals.invalidModel(model)
      const seed = { id: createId('sess'), model, expiresAt: 0 }
      const blank = config?.type === 'transcription' ? newTranscriptionSession(seed) : newSession(seed)
      const session = config ? updateSettings(blank, config, { voices: options.voices }) : blank
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
