import type { JsonObject } from '../../protocol/scalars.js'
import type { FunctionToolInput } from '../../protocol/tools.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { ToolError } from './error.js'
import { jsonSchemaOf } from './json-schema.js'
import {
  type ArgumentsOf,
  isStandardSchema,
  type NoParameters,
  type StandardResult,
  type StandardSchema,
  type ToolParameters,
} from './schema.js'

/** The context of a call. */
export interface ToolContext {
  readonly callId: string
  /** The id of the call's item in the conversation. */
  readonly itemId: string
  readonly responseId: string
  /**
   * Identifies the effect of this call: the same if the call runs again in another process. Pass it to services that accept such a key. It is
   * the call id, with the key of the record when the call is persisted.
   */
  readonly idempotencyKey: string
  readonly session: RealtimeSession
  /** Aborts when the result is no longer needed. The reason is a `ToolError`. */
  readonly signal: AbortSignal
  /**
   * Requests a response that says a text while the tool runs. Has no effect while the user or the model speaks, or when a response to results
   * is due.
   * @returns whether the response was requested
   */
  progress(text: string): boolean
}

/**
 * When the model receives a result, and whether a response is requested. `blocking`: when all calls of the response have results.
 * `background`: the conversation continues, and the result follows in a message. `silent`: the result is added to the conversation without
 * a response, unless the response that made the call contains no message.
 */
export type Scheduling = 'blocking' | 'background' | 'silent'

/** Options of {@link tool}. */
export interface ToolOptions<Parameters extends ToolParameters = ToolParameters> {
  /** 1 to 64 letters, digits, underscores, and hyphens. */
  name: string
  /** What the tool does and when to call it, for the model. */
  description?: string
  /** A schema of zod 4, another Standard Schema, or JSON Schema. @defaultValue no parameters */
  parameters?: Parameters
  /** The JSON Schema of the parameters, for schemas that cannot be converted. */
  jsonSchema?: JsonObject
  /** Runs the call. The model receives a string unchanged and any other value as JSON. */
  execute(args: ArgumentsOf<Parameters>, context: ToolContext): unknown
  /** Whether a call needs approval. @defaultValue false */
  needsApproval?: boolean | ((args: ArgumentsOf<Parameters>, context: ToolContext) => boolean | Promise<boolean>)
  /** Maximum run time in milliseconds, not counting the wait for approval. @defaultValue 30_000 */
  timeoutMs?: number
  /** When the model receives the result. @defaultValue 'blocking' */
  scheduling?: Scheduling
  /**
   * What aborts a running call besides its timeout and the end of the session: an interruption by the user, or a lost connection. The result of
   * a call that is not aborted is sent.
   * @defaultValue ['drop']
   */
  abortOn?: readonly ('interruption' | 'drop')[]
  /**
   * Whether running a call twice with the same `idempotencyKey` has the effect of running it once. Only then does a call run again whose process
   * died before its result was recorded, see `resume`.
   * @defaultValue false
   */
  idempotent?: boolean
  /** What the model says if the call takes longer than `afterMs` milliseconds. */
  progress?: { readonly afterMs: number; readonly text: string }
}

/** A tool for `runTools`. Tools with different arguments fit into one `Tool[]`. */
export interface Tool {
  readonly name: string
  /** The definition that is sent to the server. */
  readonly definition: FunctionToolInput
  readonly timeoutMs: number
  readonly idempotent: boolean
  readonly scheduling: Scheduling
  readonly abortOn: readonly ('interruption' | 'drop')[]
  readonly progress: { readonly afterMs: number; readonly text: string } | undefined
  readonly validate: (value: unknown) => StandardResult<unknown> | Promise<StandardResult<unknown>>
  /** A function decides by the arguments. */
  readonly needsApproval: 'always' | 'never' | ((args: unknown, context: ToolContext) => unknown)
  readonly execute: (args: unknown, context: ToolContext) => unknown
}

/** Requires `jsonSchema` for schemas that cannot be converted to JSON Schema. */
export type WithJsonSchema<Parameters> = Parameters extends { _zod: unknown } | { '~standard': { jsonSchema: object } }
  ? unknown
  : Parameters extends StandardSchema
    ? { jsonSchema: JsonObject }
    : unknown

const schedulings: readonly unknown[] = ['blocking', 'background', 'silent'] satisfies Scheduling[]
const causes: readonly unknown[] = ['interruption', 'drop'] satisfies Tool['abortOn'][number][]

/**
 * Defines a function that the model can call.
 *
 * @example
 * ```ts
 * tool({ name: 'weather', parameters: z.object({ city: z.string() }), execute: ({ city }) => lookUp(city) })
 * ```
 * @throws {ToolError} `INVALID_TOOL` if an option is invalid.
 */
export function tool<Parameters extends ToolParameters = NoParameters>(
  options: ToolOptions<Parameters> & WithJsonSchema<Parameters>,
): Tool {
  const { name, description, parameters, execute, needsApproval = false } = options
  const { timeoutMs = 30_000, scheduling = 'blocking', abortOn = ['drop'], progress, idempotent = false } = options
  const problem = problemOf({ name, execute, needsApproval, timeoutMs, scheduling, abortOn, progress, idempotent })
  if (problem) throw new ToolError('INVALID_TOOL', { tool: String(name), problem })

  return {
    name,
    definition: {
      type: 'function',
      name,
      ...(description === undefined ? {} : { description }),
      parameters: jsonSchemaOf(name, parameters, options.jsonSchema),
    },
    timeoutMs,
    idempotent,
    scheduling,
    abortOn: [...abortOn],
    progress,
    validate: isStandardSchema(parameters)
      ? (value) => parameters['~standard'].validate(value)
      : (value) => ({ value }),
    // The arguments come from `validate`, so they have the type of the schema.
    needsApproval:
      typeof needsApproval === 'function'
        ? (args, context) => needsApproval(args as ArgumentsOf<Parameters>, context)
        : needsApproval
          ? 'always'
          : 'never',
    execute: (args, context) => execute(args as ArgumentsOf<Parameters>, context),
  }
}

type Given = 'name' | 'execute' | 'needsApproval' | 'timeoutMs' | 'scheduling' | 'abortOn' | 'progress' | 'idempotent'

function problemOf(options: Readonly<Record<Given, unknown>>): string | undefined {
  const { name, execute, needsApproval, timeoutMs, scheduling, abortOn, progress } = options
  if (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name))
    return 'name must be 1 to 64 letters, digits, underscores, or hyphens'
  if (typeof execute !== 'function') return 'execute must be a function'
  if (typeof needsApproval !== 'boolean' && typeof needsApproval !== 'function')
    return 'needsApproval must be true, false, or a function'
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) return 'timeoutMs must be more than 0'
  if (typeof options.idempotent !== 'boolean') return 'idempotent must be true or false'
  if (!schedulings.includes(scheduling)) return 'scheduling must be blocking, background, or silent'
  if (!Array.isArray(abortOn) || !abortOn.every((cause) => causes.includes(cause)))
    return 'abortOn must be a list of interruption and drop'
  const { afterMs, text } = (progress ?? { afterMs: 1, text: '' }) as { afterMs?: unknown; text?: unknown }
  if (typeof afterMs !== 'number' || !(afterMs > 0 && afterMs < Number.POSITIVE_INFINITY))
    return 'progress.afterMs must be more than 0 and finite'
  if (typeof text !== 'string') return 'progress.text must be a string'
  return undefined
}
