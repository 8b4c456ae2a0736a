import type { RealtimeSession } from '../../session/realtime.js'
import type { Quiet } from './quiet.js'

/**
 * Has the model say something while a tool works.
 * @returns whether it is said: not while anybody speaks
 */
export function sayMeanwhile(session: RealtimeSession, quiet: Quiet, text: string): boolean {
  if (!quiet.isQuiet) return false
  const instructions = `Say this, in the language of the conversation, and nothing else: ${JSON.stringify(text)}`
  session.respond({ instructions, tool_choice: 'none' }, { whenBusy: 'reject' })
  return true
}
