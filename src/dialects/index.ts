/**
 * Dialects of servers other than OpenAI, and failover between servers.
 *
 * @example
 * ```ts
 * const transport = webSocket({ dialect: xai, apiKey, model: 'grok-voice-latest' })
 * ```
 *
 * @module realtime-primitives/dialects
 */

export type { Capability, Dialect, DialectContext } from '../session/dialect.js'
export { azure } from './azure.js'
export {
  azureVoiceLive,
  type VoiceLiveSessionConfig,
  type VoiceLiveTurnDetection,
  type VoiceLiveVoice,
} from './azure-voice-live.js'
export { type BetaSessionConfig, type BetaSettings, beta } from './beta.js'
export { type FailoverOptions, failover } from './failover.js'
export { type InworldSessionConfig, inworld } from './inworld.js'
export { type LenientSessionConfig, lenient } from './lenient.js'
export { type XaiServerTool, type XaiSessionConfig, type XaiVoice, xai } from './xai.js'
