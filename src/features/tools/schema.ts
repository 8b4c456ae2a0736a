import type { JsonObject } from '../../protocol/scalars.js'

/**
 * A schema with the Standard Schema interface, such as those of zod, Valibot, and ArkType. A schema with `jsonSchema` (Standard JSON Schema)
 * can be converted to JSON Schema.
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

/** The result of validating a value. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** A validation error. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The parameters of a tool: a schema of zod 4, any Standard Schema, or plain JSON Schema. */
export type ToolParameters = StandardSchema | JsonObject

/** The type of omitted parameters. */
export type NoParameters = Record<string, never>

/**
 * The arguments that a tool receives for its parameters. `unknown` for plain JSON Schema, and an object with unknown fields without
 * parameters.
 */
export type ArgumentsOf<Parameters> = Parameters extends NoParameters
  ? Record<string, unknown>
  : Parameters extends { '~standard': { types?: infer Types } }
    ? NonNullable<Types> extends { output: infer Output }
      ? Output
      : unknown
    : unknown

/** Returns whether a value is a Standard Schema. Some of them are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  return ((typeof value === 'object' && value !== null) || typeof value === 'function') && '~standard' in value
}
