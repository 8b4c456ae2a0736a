import type { TranslationSession, TranslationSessionConfig } from '../../protocol/translation-session.js'
import type { SessionSeed } from './settings.js'

/** Returns the resource of a new translation session. */
export function newTranslationSession({ id, model, expiresAt }: SessionSeed): TranslationSession {
  return {
    type: 'translation',
    id,
    model,
    expires_at: expiresAt,
    audio: { input: { transcription: null, noise_reduction: null }, output: { language: 'en' } },
  }
}

/** Returns the session after an update. `null` disables a feature, and omitted fields keep their value. */
export function updateTranslationSession(
  session: TranslationSession,
  { audio = {} }: TranslationSessionConfig,
): TranslationSession {
  return {
    ...session,
    audio: { input: { ...session.audio.input, ...audio.input }, output: { ...session.audio.output, ...audio.output } },
  }
}
