import type { RealtimeSession } from '../../session/realtime.js'
import type { SpeechActivity } from './speech-activity.js'

/**
 * Requests a response that says a text while a tool runs.
 * @returns `false` if the user or the model speaks, and no response was requested
 */
export function requestProgressMessage(session: RealtimeSession, speech: SpeechActivity, text: string): boolean {
  if (!speech.isSilent) return false
  const instructions = `Say this, in the language of the conversation, and nothing else: ${JSON.stringify(text)}`
  session.respond({ instructions, tool_choice: 'none' }, { whenBusy: 'reject' })
  return true
}
