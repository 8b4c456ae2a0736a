import * as z from 'zod/mini'
import { noneOf } from './bounds.js'

/** A schema of `Value`. In declarations and compiler errors this short name stands in place of the whole shape. */
export interface Schema<Value> extends z.ZodMiniType<Value, Value> {}

/** A string whose known values complete in an editor. Any string is accepted, because the service adds values without notice. */
export type OpenString<Known extends string> = Known | (string & {})

declare const unknownToThisVersion: unique symbol

/**
 * A discriminator that this version does not know. At run time it is any other string. For the compiler it is a pattern that no
 * string literal matches, so a `switch` over the known values narrows as if the union did not contain this member.
 */
export type Unrecognized = `${string}${string & { readonly [unknownToThisVersion]: true }}`

/** Returns the schema of a string with known values. Any string passes. */
export function openString<Known extends string>(): Schema<OpenString<Known>> {
  return z.string() as unknown as Schema<OpenString<Known>>
}

/**
 * Returns the schema of an object that the service sends. Fields that are not declared pass through, but the type does not contain
 * them, so a misspelled field does not compile.
 */
export const open = z.looseObject as unknown as <Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
) => z.ZodMiniObject<Shape, z.core.$strip>

/**
 * Returns the schema of an object that the client sends: a field that is not declared is an error, as it is for the service.
 *
 * `z.strictObject` returns the same schema under a mapped type. TypeScript writes a mapped type to a declaration file without the
 * comments of its fields, so users of the package would see no documentation of any field. `test/package/field-docs.test.ts` checks this.
 */
export const strict = z.strictObject as unknown as <Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
) => z.ZodMiniObject<Shape, z.core.$strict>

/**
 * Returns the schema of a union whose variants differ in the value of one field. It is zod's plain union with the name of that field,
 * which `checker` reads to select the variant. zod's discriminated union does the same in its own parser, and adds half a kilobyte.
 */
export function variants<const Options extends readonly z.core.$ZodType[]>(
  discriminator: string,
  options: Options,
): z.ZodMiniUnion<Options> {
  return z.union(options, { discriminator } as z.core.$ZodUnionParams)
}

/** An object whose `type` this version does not know, with all its fields. Unions of received objects contain it. */
export interface UnknownVariant {
  /** A value that this version does not know. */
  type: Unrecognized
  [field: string]: unknown
}

/** Returns the schema of a string that is none of `known`. */
export function unrecognized(known: readonly string[]): Schema<Unrecognized> {
  return z.string().check(noneOf(known)) as unknown as Schema<Unrecognized>
}

/** Returns the schema of an object whose `type` is none of `known`. An object of a known type with a wrong shape does not pass. */
export function unknownVariant(known: readonly string[]): Schema<UnknownVariant> {
  return z.looseObject({ type: unrecognized(known) }) as unknown as Schema<UnknownVariant>
}
