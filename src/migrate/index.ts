/**
 * Translates between the beta of the Realtime API and GA: events, transports, and stored logs.
 *
 * @example
 * ```ts
 * const transport = beta(webSocket({ apiKey, model: 'gpt-realtime-2.1' })) // beta code on a GA server
 * const migration = toGA(betaEvent)
 * if (migration.kind === 'events') for (const event of migration.events) console.log(event.type)
 * ```
 *
 * @module realtime-primitives/migrate
 */

export { asWebSocket, type BetaSocket, type BetaSocketEvents } from './as-web-socket.js'
export { beta } from './beta.js'
export {
  type Dialect,
  isMigrationError,
  MigrationError,
  type MigrationErrorCode,
  type MigrationErrorData,
} from './error.js'
export { fromBeta } from './from-beta.js'
export type { Assumed, Dropped, Migrated, Migration } from './migration.js'
export type { Rename, RenameKind } from './renames/rename.js'
export { renames } from './renames.js'
export { toBeta } from './to-beta.js'
export { toGA } from './to-ga.js'
export type { Loss, TranslationOptions } from './translating-transport.js'
export type { BetaEvent, BetaType, GAEvent, GAType } from './types.js'
export { createUpgrade, type Upgrade } from './upgrade.js'
export { type BrokenLine, type UpgradedEvents, type UpgradedLine, upgradeLog } from './upgrade-log.js'
