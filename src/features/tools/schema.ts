import type { JsonObject } from '../../protocol/scalars.js'

/**
 * A schema that describes itself by the Standard Schema interface, as those of zod, Valibot and ArkType do. One with `jsonSchema`
 * (Standard JSON Schema) can also say itself in JSON Schema.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => JsonObject } | undefined
  }
}

/** What a Standard Schema says of a value. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** One thing that is wrong with a value. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What may describe the parameters of a tool: a schema of zod 4, any Standard Schema, or plain JSON Schema. */
export type ToolParameters = StandardSchema | JsonObject

/** The parameters of a tool that has none. */
export type NoParameters = Record<string, never>

/**
 * The arguments that a tool receives for its parameters. Plain JSON Schema has no type for them. Without parameters they are an object in
 * which nothing is known.
 */
export type ArgumentsOf<Parameters> = Parameters extends NoParameters
  ? Record<string, unknown>
  : Parameters extends { '~standard': { types?: infer Types } }
    ? NonNullable<Types> extends { output: infer Output }
      ? Output
      : unknown
    : unknown

/** Whether a value is a Standard Schema; some of them are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  return ((typeof value === 'object' && value !== null) || typeof value === 'function') && '~standard' in value
}
