import type { GuardrailErrorCode } from '../../../src/features/guardrails/error.js'
import type { ErrorClassEntry } from './entry.js'

export const guardrailErrors: ErrorClassEntry<GuardrailErrorCode> = {
  module: 'realtime-primitives',
  codes: {
    TRIPPED: {
      when: "A guardrail tripped. The error is in the event that `onTripped` receives. `reason` is `verdict` if the check returned a verdict. Any other reason means that there was no verdict and the guardrail has `onFailure: 'closed'`.",
      fix: 'Log or handle the violation. The text is in `event.text`, not in the error. If `reason` is `threw` or `deadline`, correct the check or give it more time.',
    },
    SOUND_OUT_OF_REACH: {
      when: '`holdBack()` is used with WebRTC. The audio travels on a media track there, which cannot be held back.',
      fix: 'Use `webSocket()`, or run the guardrails without `holdBack()`: they interrupt the response when a guardrail trips.',
    },
    GATE_TAKEN: {
      when: 'Two calls of `runGuardrails()` received the same `holdBack()`.',
      fix: 'Stop the first one, or pass all guardrails to one call.',
    },
    NO_TRANSCRIPTION: {
      when: '`runInputGuardrails()` was called on a session that does not transcribe the user.',
      fix: 'Enable input transcription in the configuration.',
      example: `await session.update({
  audio: { input: { transcription: { model: 'gpt-realtime-whisper' } } },
})`,
    },
    INVALID_OPTION: {
      when: 'A deadline, a delay, or another option of a guardrail is invalid, or a `holdBack()` is used in two sessions.',
      fix: 'Correct the option that the message names. See [guardrails](../../guardrails.md).',
    },
  },
}
