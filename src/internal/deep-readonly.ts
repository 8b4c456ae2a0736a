/**
 * A type whose properties and arrays are readonly at every depth. Properties keep their documentation.
 *
 * It is a mapped type and no conditional one, so that an editor shows `DeepReadonly<ResponseDoneEvent>` instead of the whole shape.
 */
export type DeepReadonly<T> = { readonly [Key in keyof T]: ReadonlyValue<T[Key]> }

/** `string & {}`, which open enumerations use, must stay a string. A value of type `unknown` stays unknown. */
type ReadonlyValue<T> = T extends string | number | boolean | ((...args: never[]) => unknown)
  ? T
  : T extends object
    ? DeepReadonly<T>
    : T
