import { createId } from '../../internal/id.js'
import type { ClientSecret, ClientSecretCreateParams } from '../../protocol/rest.js'
import { isRefusal, type Refusal } from './rules.js'
import { newSession, newTranscriptionSession, updateSettings } from './settings.js'

/** What a client secret stands for. */
export type SecretSession = NonNullable<ClientSecretCreateParams['session']>

/** The client secrets that were minted. */
export interface ClientSecrets {
  /** Mints a secret, as `POST /v1/realtime/client_secrets` does; or says why not. */
  mint(params: ClientSecretCreateParams): ClientSecret | Refusal
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

  return {
    mint({ expires_after, session: config }) {
      forgetOld()
      const model = (config?.type === 'realtime' && config.model) || defaultModel
      const seed = { id: createId('sess'), model, expiresAt: 0 }
      const blank = config?.type === 'transcription' ? newTranscriptionSession(seed) : newSession(seed)
      const session = config ? updateSettings(blank, config, { isVoiceLocked: false }) : blank
      if (isRefusal(session)) return session
      const value = createId('ek')
      const expiresAt = Math.floor(now()) + (expires_after?.seconds ?? 600)
      secrets.set(value, { session: config ?? null, expiresAt })
      return { value, expires_at: expiresAt, session }
    },
    find(value) {
      forgetOld()
      return secrets.get(value)?.session
    },
  }
}
