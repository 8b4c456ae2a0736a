import { readFileSync } from 'node:fs'
import type { ObjectShape, Shape } from './shapes.js'

/** A part of the official document, as far as it is read here. */
export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly (string | number)[]
  readonly const?: string
  readonly nullable?: boolean
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly pattern?: string
}

/** A shape of the document, with the name of the component that each object of it comes from. */
export type Named<T> = T & { component?: string }

/** Reads the official document. */
export function readOracle(file: string) {
  const document = JSON.parse(readFileSync(file, 'utf8')) as {
    components: { schemas: Readonly<Record<string, JsonSchema>> }
  }
  const { schemas } = document.components

  function component(name: string): JsonSchema {
    const schema = schemas[name]
    if (!schema) throw new Error(`The document has no ${name}`)
    return schema
  }

  function nameOf({ $ref }: JsonSchema): string | undefined {
    return $ref?.split('/').at(-1)
  }

  function shape(schema: JsonSchema): Shape {
    const read: Shape = { isNullable: false, objects: [] }
    add(read, schema, undefined)
    return read
  }

  function add(read: Shape, schema: JsonSchema, from: string | undefined): void {
    const name = nameOf(schema)
    if (name !== undefined) {
      add(read, component(name), name)
      return
    }
    if (schema.nullable) read.isNullable = true
    const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
    for (const alternative of alternatives) add(read, alternative, from)
    if (alternatives.length > 0) return
    const values = schema.const === undefined ? schema.enum : [schema.const]
    switch (schema.type) {
      case 'null':
        read.isNullable = true
        break
      case 'string':
        read.text ??= { known: new Set(), isOpen: false }
        if (values === undefined) read.text.isOpen = true
        for (const value of values ?? []) read.text.known.add(String(value))
        break
      case 'integer':
      case 'number':
        read.number = values === undefined ? true : new Set(values.map(Number))
        break
      case 'boolean':
        read.boolean = true
        break
      case 'array':
        read.array = shape(schema.items ?? {})
        break
      default:
        if (schema.properties === undefined) read.isAnything = true
        else read.objects.push(object(schema, from))
    }
  }

  function object(schema: JsonSchema, from: string | undefined): Named<ObjectShape> {
    const required = new Set(schema.required)
    const fields = Object.entries(schema.properties ?? {}).map(
      ([key, field]) => [key, { isRequired: required.has(key), shape: shape(field) }] as const,
    )
    return { fields: new Map(fields), ...(from === undefined ? {} : { component: from }) }
  }

  return {
    shape: (name: string) => shape({ $ref: `#/${name}` }),
    component,
    nameOf,
    /** The events of a union of the document, by type. */
    events(name: string): Map<string, string> {
      const found = new Map<string, string>()
      for (const option of component(name).anyOf ?? []) {
        const event = nameOf(option) ?? ''
        const type = component(event).properties?.type?.enum?.[0]
        found.set(String(type), event)
      }
      return found
    },
  }
}
