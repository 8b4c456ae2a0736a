import type * as z from 'zod/mini'

/** How a sample is made: optional fields left out or filled in, and which option of each union. */
export interface SampleOptions {
  readonly isFull: boolean
  /** Picks one of `count` options. */
  readonly pick: (count: number) => number
}

/** A value that satisfies a schema of the protocol. */
export function sample(schema: z.core.$ZodType, options: SampleOptions): unknown {
  const { def, bag } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'string':
      return 'patterns' in bag ? `tunnel_${'a1'.repeat(16)}` : 'text'
    case 'number':
      return typeof bag.minimum === 'number' && bag.minimum > 1 ? bag.minimum : 1
    case 'boolean':
      return true
    case 'literal':
      return def.values[options.pick(def.values.length)]
    case 'optional':
      return options.isFull ? sample(def.innerType, options) : undefined
    case 'nullable':
      return options.isFull ? sample(def.innerType, options) : null
    case 'array':
      return [sample(def.element, options)]
    case 'union':
      return sample(def.options[options.pick(def.options.length)] as z.core.$ZodType, options)
    case 'object': {
      const entries = Object.entries(def.shape).map(([key, field]) => [key, sample(field, options)] as const)
      const present = entries.filter(([, value]) => value !== undefined)
      const { catchall } = def
      const extra = options.isFull && catchall && !['never', 'unknown'].includes(catchall._zod.def.type)
      return Object.fromEntries(extra ? [...present, ['name', sample(catchall, options)]] : present)
    }
    default:
      return { type: 'object' }
  }
}

/** The smallest and the fullest value of a schema, and one full value for every option of every union in it. */
export function samples(schema: z.core.$ZodType): unknown[] {
  const full = Array.from({ length: 9 }, (_, index) => sample(schema, { isFull: true, pick: (count) => index % count }))
  return [sample(schema, { isFull: false, pick: () => 0 }), ...full]
}
