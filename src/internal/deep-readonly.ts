/**
 * A type whose properties and arrays are readonly at every depth. Properties keep their documentation.
 *
 * It is a mapped type rather than a conditional type, so that editors show `DeepReadonly<ResponseDoneEvent>` instead of the expanded type.
 */
export type DeepReadonly<T> = { readonly [Key in keyof T]: ReadonlyValue<T[Key]> }

/** Keeps `string & {}`, which open enumerations use, and `unknown` unchanged. */
type ReadonlyValue<T> = T extends string | number | boolean | ((...args: never[]) => unknown)
  ? T
  : T extends object
    ? DeepReadonly<T>
    : T
