import type * as z from 'zod/mini'
import { linkTo } from './markdown.js'
import type { SchemaDocs } from './schema-docs.js'

export type Schema = z.core.$ZodTypes

/** A field of an object, or of an unnamed object inside it. */
export interface Field {
  /** Path from the outermost object, such as `session.audio.input` or `rate_limits[].name`. */
  readonly label: string
  readonly type: string
  readonly presence: string
  readonly doc: string
}

/** Describes schemas in Markdown. */
export interface SchemaWords {
  /** Returns the fields of an object, including those of unnamed objects inside it. */
  readonly fieldsOf: (schema: Schema, path: string) => readonly Field[]
  /** Returns the type, with links to types that have their own section. */
  readonly typeOf: (schema: Schema, path: string) => string
}

// Longer lists of values have their own section.
const mostNames = 6

/**
 * @param nameOf the exported name of a schema
 * @param onLink called with every name that is linked to
 */
export function createSchemaWords(
  docs: SchemaDocs,
  nameOf: (schema: Schema) => string | undefined,
  onLink: (name: string, schema: Schema) => void,
): SchemaWords {
  function typeOf(schema: Schema, path: string): string {
    const inner = bare(schema)
    const name = nameOf(inner)
    if (name === undefined) return spell(inner, path)
    if (!hasSection(inner, name)) return spell(inner, name)
    onLink(name, inner)
    return linkTo(name)
  }

  function hasSection(schema: Schema, name: string): boolean {
    const { def } = schema._zod
    if (def.type === 'object') return Object.keys(def.shape).length > 0
    if (def.type === 'union') return def.options.some((option) => holdsObject(bare(option as Schema)))
    return docs.knownOf(name).length > mostNames
  }

  function spell(schema: Schema, path: string): string {
    const { def } = schema._zod
    const demand = demandOf(schema)
    switch (def.type) {
      case 'string': {
        const known = docs.knownOf(path)
        if (known.length > 0) return `${known.map(code).join(', ')} or another string`
        return demand === 'not empty' ? 'string, not empty' : (demand ?? 'string')
      }
      case 'literal':
        return def.values.map(code).join(' or ')
      case 'array': {
        const element = typeOf(def.element as Schema, path)
        return demand === undefined || demand === 'not empty'
          ? `array of ${element}${demand === undefined ? '' : ', not empty'}`
          : `${demand}: ${element}`
      }
      case 'object':
        return spellObject(def, path, demand)
      case 'union':
        return [...new Set(def.options.map((option) => typeOf(option as Schema, path)))].join(' or ')
      default:
        return demand ?? def.type
    }
  }

  function spellObject(def: z.core.$ZodObjectDef, path: string, demand: string | undefined): string {
    if (isUnknownVariant(def)) return 'an object of another `type`'
    const values = def.catchall as Schema | undefined
    const isMap = Object.keys(def.shape).length === 0 && values !== undefined && values._zod.def.type !== 'unknown'
    if (!isMap) return 'object'
    const value = typeOf(values, path)
    return demand === undefined ? `object by name: ${value}` : `${demand}: ${value}`
  }

  function fieldsOf(schema: Schema, path: string, prefix = ''): readonly Field[] {
    const { def } = bare(schema)._zod
    if (def.type === 'array') return nested(def.element as Schema, path, `${prefix.slice(0, -1)}[].`)
    if (def.type === 'union') return def.options.flatMap((option) => nested(option as Schema, path, prefix))
    if (def.type !== 'object' || isUnknownVariant(def)) return []
    return Object.entries(def.shape).flatMap(([key, value]) => {
      const field = value as Schema
      const fieldPath = `${path}.${key}`
      const row = {
        label: prefix + key,
        type: typeOf(field, fieldPath),
        presence: presenceOf(field),
        doc: docs.docOf(fieldPath),
      }
      return [row, ...nested(field, fieldPath, `${prefix}${key}.`)]
    })
  }

  /** Returns the fields of an unnamed object inside another one. */
  function nested(schema: Schema, path: string, prefix: string): readonly Field[] {
    return nameOf(bare(schema)) === undefined ? fieldsOf(schema, path, prefix) : []
  }

  return { typeOf: (schema, path) => spell(bare(schema), path), fieldsOf }
}

/** Returns a schema without its optional and nullable wrappers. */
function bare(schema: Schema): Schema {
  const { def } = schema._zod
  return def.type === 'optional' || def.type === 'nullable' ? bare(def.innerType as Schema) : schema
}

function presenceOf(schema: Schema): string {
  const { def } = schema._zod
  if (def.type === 'nullable') return 'may be null'
  if (def.type !== 'optional') return 'required'
  return (def.innerType as Schema)._zod.def.type === 'nullable' ? 'optional, may be null' : 'optional'
}

function holdsObject({ _zod: { def } }: Schema): boolean {
  if (def.type === 'union') return def.options.some((option) => holdsObject(bare(option as Schema)))
  return def.type === 'object'
}

/** Whether an object stands for all unknown types: its `type` is a string with a refinement, and it accepts any other field. */
function isUnknownVariant(def: z.core.$ZodObjectDef): boolean {
  const type = def.shape.type as Schema | undefined
  return Object.keys(def.shape).length === 1 && type?._zod.def.type === 'string' && type._zod.def.checks !== undefined
}

// Values that violate every check of their type.
const misfits: Readonly<Record<string, readonly unknown[]>> = {
  number: [Number.NaN],
  string: [{ length: Infinity, endsWith: () => false }, { length: 0, endsWith: () => false }, 'A'],
  array: [[]],
  object: [Object.fromEntries(Array.from({ length: 17 }, (_, index) => [index, '']))],
}

/** Returns the requirement of the checks of a schema in the words of its errors, which a check creates for an invalid value. */
function demandOf({ _zod: { def } }: Schema): string | undefined {
  const messages = (def.checks ?? []).flatMap((check) => {
    const issues: { message?: string }[] = []
    for (const value of misfits[def.type] ?? []) {
      if (issues.length === 0) check._zod.check({ value, issues } as never)
    }
    return issues.map(({ message }) => message ?? '')
  })
  return messages.length === 0 ? undefined : messages.join(', ').replace(/^an? /, '')
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : String(value)}\``
}
