import type { StandingDecision } from '../../features/tools/approvals.js'
import type { InterruptedCall } from '../../features/tools/journal.js'
import type { UsageState } from '../../features/usage/run-usage.js'
import type { JsonObject } from '../../protocol/scalars.js'
import { type SessionSnapshot, stateOf } from '../../session/restore/snapshot.js'
import { PersistenceError } from './error.js'

/** A call of a tool in a record. */
export interface RecordedCall extends InterruptedCall {
  /** Whether the call was approved. */
  readonly isApproved: boolean
}

/** The record of a call: what another process needs to continue it. */
export interface CallRecord {
  readonly format: typeof recordFormat
  readonly version: typeof recordVersion
  /** Configuration and conversation, with the played part of what was interrupted. */
  readonly snapshot: SessionSnapshot
  /** Name of the active agent. */
  readonly agent?: string
  /** The tool calls that are in progress, in the order in which they were received. */
  readonly calls: readonly RecordedCall[]
  /** The ids of calls that wait for approval. */
  readonly approvals: readonly string[]
  /** The decisions about tools that were made with `always`. */
  readonly standing?: readonly StandingDecision[]
  /** The usage so far. */
  readonly usage?: Pick<UsageState, 'byModel'>
  /** Whether the model was responding, or its audio was playing. */
  readonly isResponding: boolean
  /** The call id of the service, if the session joined an existing call. */
  readonly callId?: string
  /** Data of the app. */
  readonly data?: JsonObject
}

export const recordFormat = 'realtime-primitives.call'
export const recordVersion = 1

/**
 * Returns the record in a stored value.
 * @throws {PersistenceError} `INVALID_RECORD`, `UNSUPPORTED_VERSION`.
 */
export function parseRecord(key: string, value: unknown): CallRecord {
  const refuse = (problem: string): never => {
    throw new PersistenceError('INVALID_RECORD', { key, problem })
  }
  if (!isObject(value)) return refuse('is not an object')
  if (value.format !== recordFormat) return refuse('is not a record of this package')
  if (typeof value.version !== 'number') return refuse('has no version')
  if (value.version !== recordVersion)
    throw new PersistenceError('UNSUPPORTED_VERSION', { key, found: value.version, supported: recordVersion })
  const { snapshot, calls, approvals, standing, agent, callId, usage, data } = value
  try {
    stateOf(snapshot as SessionSnapshot)
  } catch {
    return refuse('has no valid snapshot')
  }
  if (!Array.isArray(calls) || !calls.every(isRecordedCall)) return refuse('has no valid list of calls')
  if (!isListOfStrings(approvals)) return refuse('has no valid list of approvals')
  if (standing !== undefined && !(Array.isArray(standing) && standing.every(isStandingDecision)))
    return refuse('has no valid list of standing decisions')
  if (![agent, callId].every(isOptionalString)) return refuse('has an agent or a call id that is not a string')
  if (![usage, data].every((part) => part === undefined || isObject(part)))
    return refuse('has usage or data that is not an object')
  if (usage !== undefined && !isObject((usage as JsonObject).byModel)) return refuse('has usage without models')
  return value as unknown as CallRecord
}

function isRecordedCall(value: unknown): value is RecordedCall {
  if (!isObject(value)) return false
  const names = ['callId', 'itemId', 'responseId', 'tool', 'arguments', 'outputId']
  return (
    names.every((name) => typeof value[name] === 'string') &&
    ['received', 'started', 'finished'].includes(value.progress as string) &&
    typeof value.isApproved === 'boolean' &&
    (value.progress === 'finished' ? typeof value.output === 'string' : true)
  )
}

function isStandingDecision(value: unknown): value is StandingDecision {
  return (
    isObject(value) &&
    (value.kind === 'function' || value.kind === 'mcp') &&
    typeof value.tool === 'string' &&
    typeof value.isApproved === 'boolean' &&
    [value.serverLabel, value.reason].every(isOptionalString)
  )
}

function isListOfStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}

function isOptionalString(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
