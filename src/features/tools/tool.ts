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

/** What a tool may know of the call that it answers. */
export interface ToolContext {
  readonly callId: string
  /** The item of the conversation that is the call. */
  readonly itemId: string
  readonly responseId: string
  readonly session: RealtimeSession
  /** Aborts when nobody waits for the result any more; the reason is a `ToolError`. */
  readonly signal: AbortSignal
  /**
   * Has the model say something while the tool works. It is said only while nobody speaks and no answer is due.
   * @returns whether it is said
   */
  progress(text: string): boolean
}

/**
 * When the model hears of a result. `blocking`: at once, and it answers when all calls of the response are answered. `background`:
 * the model goes on talking, and hears of the result when it is there. `silent`: the result is noted and nothing is said about it,
 * unless the response that made the call said nothing either.
 */
export type Scheduling = 'blocking' | 'background' | 'silent'

/** What `tool` needs to know. */
export interface ToolOptions<Parameters extends ToolParameters = ToolParameters> {
  /** Up to 64 letters, digits, underscores and hyphens. */
  name: string
  /** When and how to call it, for the model. */
  description?: string
  /** A schema of zod 4, another Standard Schema, or JSON Schema. @default no parameters */
  parameters?: Parameters
  /** The JSON Schema of the parameters, for schemas that cannot say it themselves. */
  jsonSchema?: JsonObject
  /** Does the work. Text goes to the model as it is, anything else as JSON. */
  execute(args: ArgumentsOf<Parameters>, context: ToolContext): unknown
  /** Whether a call waits until somebody approves it. @default false */
  needsApproval?: boolean | ((args: ArgumentsOf<Parameters>, context: ToolContext) => boolean | Promise<boolean>)
  /** How long it may take, in milliseconds, without the wait for an approval. @default 30_000 */
  timeoutMs?: number
  /** @default 'blocking' */
  scheduling?: Scheduling
  /**
   * What stops a call beside its deadline and the end of the session: that the caller cuts in, that the connection is lost.
   * A call that is not stopped tells its result all the same.
   * @default ['drop']
   */
  abortOn?: readonly ('interruption' | 'drop')[]
  /** What to say when it takes longer than `afterMs` milliseconds, as `context.progress` would. */
  progress?: { readonly afterMs: number; readonly text: string }
}

/** A tool as `runTools` takes it; whatever its arguments are, it fits a `Tool[]`. */
export interface Tool {
  readonly name: string
  /** What the server is told. */
  readonly definition: FunctionToolInput
  readonly timeoutMs: number
  readonly scheduling: Scheduling
  readonly abortOn: readonly ('interruption' | 'drop')[]
  readonly progress: { readonly afterMs: number; readonly text: string } | undefined
  readonly validate: (value: unknown) => StandardResult<unknown> | Promise<StandardResult<unknown>>
  /** `always` and `never`, or a question about the arguments. */
  readonly needsApproval: 'always' | 'never' | ((args: unknown, context: ToolContext) => unknown)
  readonly execute: (args: unknown, context: ToolContext) => unknown
}

/** Schemas that cannot say themselves in JSON Schema need one beside them. */
export type WithJsonSchema<Parameters> = Parameters extends { _zod: unknown } | { '~standard': { jsonSchema: object } }
  ? unknown
  : Parameters extends StandardSchema
    ? { jsonSchema: JsonObject }
    : unknown

const schedulings: readonly unknown[] = ['blocking', 'background', 'silent'] satisfies Scheduling[]
const causes: readonly unknown[] = ['interruption', 'drop'] satisfies Tool['abortOn'][number][]

/**
 * A function that the model may call.
 *
 * ```ts
 * tool({ name: 'weather', parameters: z.object({ city: z.string() }), execute: ({ city }) => lookUp(city) })
 * ```
 * @throws {ToolError} `INVALID_TOOL`, which names what is wrong.
 */
export function tool<Parameters extends ToolParameters = NoParameters>(
  options: ToolOptions<Parameters> & WithJsonSchema<Parameters>,
): Tool {
  const { name, description, parameters, execute, needsApproval = false } = options
  const { timeoutMs = 30_000, scheduling = 'blocking', abortOn = ['drop'], progress } = options
  const problem = problemOf({ name, execute, needsApproval, timeoutMs, scheduling, abortOn, progress })
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
    scheduling,
    abortOn: [...abortOn],
    progress,
    validate: isStandardSchema(parameters)
      ? (value) => parameters['~standard'].validate(value)
      : (value) => ({ value }),
    // The arguments come from `validate`, so they are what the schema says.
    needsApproval:
      typeof needsApproval === 'function'
        ? (args, context) => needsApproval(args as ArgumentsOf<Parameters>, context)
        : needsApproval
          ? 'always'
          : 'never',
    execute: (args, context) => execute(args as ArgumentsOf<Parameters>, context),
  }
}

type Given = 'name' | 'execute' | 'needsApproval' | 'timeoutMs' | 'scheduling' | 'abortOn' | 'progress'

function problemOf(options: Readonly<Record<Given, unknown>>): string | undefined {
  const { name, execute, needsApproval, timeoutMs, scheduling, abortOn, progress } = options
  if (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name))
    return 'name must be 1 to 64 letters, digits, underscores or hyphens'
  if (typeof execute !== 'function') return 'execute must be a function'
  if (typeof needsApproval !== 'boolean' && typeof needsApproval !== 'function')
    return 'needsApproval must be true, false or a function'
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) return 'timeoutMs must be more than 0'
  if (!schedulings.includes(scheduling)) return 'scheduling must be blocking, background or silent'
  if (!Array.isArray(abortOn) || !abortOn.every((cause) => causes.includes(cause)))
    return 'abortOn must be a list of interruption and drop'
  const { afterMs, text } = (progress ?? { afterMs: 1, text: '' }) as { afterMs?: unknown; text?: unknown }
  if (typeof afterMs !== 'number' || !(afterMs > 0 && afterMs < Number.POSITIVE_INFINITY))
    return 'progress.afterMs must be more than 0 and finite'
  if (typeof text !== 'string') return 'progress.text must be text'
  return undefined
}
