import { realtimeModels } from '../../../protocol/scalars.js'
import { serviceVoices } from '../service-limits.js'
import type { EmulatedDialect } from './emulated-dialect.js'

const xaiVoices = ['ara', 'eve', 'leo', 'rex', 'sal']

/** Returns the names of the voices of a server. */
export function voicesOf(dialect: EmulatedDialect): readonly string[] {
  return dialect === 'xai' ? [...serviceVoices, ...xaiVoices] : serviceVoices
}

/** Returns the model that takes the place of one that OpenAI does not have. */
export function modelOf(
  dialect: EmulatedDialect,
  model: string | undefined,
  models: readonly string[] | undefined,
): { readonly model?: string } {
  // Clients of Inworld choose the model in the session.
  if (dialect === 'inworld' && model === undefined) return { model: realtimeModels[0] }
  const isOpenAI = dialect === 'ga' || dialect === 'beta'
  if (isOpenAI || models || model === undefined || (realtimeModels as readonly string[]).includes(model)) return {}
  return { model: realtimeModels[0] }
}
