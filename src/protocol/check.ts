import * as z from 'zod/mini'
import { boundOf } from './bounds.js'
import { type Check, compileRule, kindOf, type Rule } from './rule.js'

/** Compiles a schema to a function that checks values. */
export function checker(schema: z.core.$ZodType): Check {
  return compileRule(ruleOf(schema))
}

/** Rules by schema. A schema that several others contain has one rule. */
type KnownRules = Map<z.core.$ZodType, Rule>

/** Returns the rule of a schema. */
export function ruleOf(schema: z.core.$ZodType, known: KnownRules = new Map()): Rule {
  const before = known.get(schema)
  if (before !== undefined) return before
  const rule = withChecks(describe(schema, known), schema)
  known.set(schema, rule)
  return rule
}

/** Adds the checks of a schema. Those that are not ours are run by zod. */
function withChecks(rule: Rule, schema: z.core.$ZodType): Rule {
  const checks = schema._zod.def.checks ?? []
  if (checks.length === 0) return rule
  const bounds = checks.map((check) => boundOf(check)).filter((bound) => bound !== undefined)
  if (bounds.length === checks.length) return ['bounded', rule, bounds]
  const check = compileRule(rule)
  return ['custom', (value) => check(value) ?? checkByZod(schema)(value)]
}

const inBounds = 'valid according to its schema'

/** Checks with zod itself. Schemas of other dialects may use all of zod. */
function checkByZod(schema: z.core.$ZodType): Check {
  return (value) => {
    const [issue] = z.safeParse(schema, value).error?.issues ?? []
    if (issue === undefined) return undefined
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)))
    return { path, expected: inBounds, found: kindOf(value) }
  }
}

function describe(schema: z.core.$ZodType, known: KnownRules): Rule {
  const { def } = (schema as z.core.$ZodTypes)._zod
  const inner = (type: z.core.$ZodType) => ruleOf(type, known)
  // In zod, formats such as `email` and `int` are schemas and checks at once.
  if ('format' in def) return ['custom', checkByZod(schema)]
  switch (def.type) {
    case 'string':
    case 'boolean':
    case 'number':
    case 'unknown':
      return def.type
    case 'literal':
      return ['literal', def.values]
    case 'optional':
    case 'nullable':
      return [def.type, inner(def.innerType)]
    case 'array':
      return ['array', inner(def.element)]
    case 'object':
      return describeObject(def, inner)
    case 'union': {
      const { discriminator } = def as { discriminator?: string }
      const options = def.options as readonly z.core.$ZodType[]
      const values = discriminator === undefined ? [] : options.map((option) => valuesOf(option, discriminator))
      // An option of another dialect may be one that the discriminator does not select.
      if (discriminator === undefined || values.some(({ length }) => length === 0)) return ['union', options.map(inner)]
      return ['variants', discriminator, options.map((option, index) => [values[index] ?? [], inner(option)] as const)]
    }
    default:
      return ['custom', checkByZod(schema)]
  }
}

function describeObject(def: z.core.$ZodObjectDef, inner: (type: z.core.$ZodType) => Rule): Rule {
  const fields: Record<string, Rule> = {}
  for (const [key, field] of Object.entries(def.shape)) {
    const rule = inner(field)
    const isOptional = field._zod.optin !== undefined && rule[0] !== 'optional'
    fields[key] = isOptional ? ['optional', rule] : rule
  }
  const rest = def.catchall
  if (!rest || rest._zod.def.type === 'unknown') return ['object', fields]
  return ['object', fields, rest._zod.def.type === 'never' ? 'never' : inner(rest)]
}

/** Returns the values of the discriminator that select an option. The option may be a union of variants. */
function valuesOf(option: z.core.$ZodType, discriminator: string): readonly unknown[] {
  const { def } = (option as z.core.$ZodTypes)._zod
  if (def.type === 'union') return def.options.flatMap((inner) => valuesOf(inner as z.core.$ZodType, discriminator))
  const field = def.type === 'object' ? def.shape[discriminator] : undefined
  return [...(field?._zod.values ?? [])]
}
