import type { TranslationSession, TranslationSessionConfig } from '../../protocol/translation-session.js'
import type { SessionSeed } from './settings.js'

/** The resource of a new translation session. */
export function newTranslationSession({ id, model, expiresAt }: SessionSeed): TranslationSession {
  return {
    type: 'translation',
    id,
    model,
    expires_at: expiresAt,
    audio: { input: { transcription: null, noise_reduction: null }, output: { language: 'en' } },
  }
}

/** The session after an update: null switches off, what is left out stays. */
export function updateTranslationSession(
  session: TranslationSession,
  { audio = {} }: TranslationSessionConfig,
): TranslationSession {
  return {
    ...session,
    audio: { input: { ...session.audio.input, ...audio.input }, output: { ...session.audio.output, ...audio.output } },
  }
}
