// Usage: npx tsx scripts/spec-digest.ts <openapi.json> [file]. Writes a digest of the official document for the tests: types, fields, values, and limits.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type Schema = Readonly<Record<string, unknown>>

interface SpecDocument {
  readonly source: { readonly repository: string; readonly commit: string; readonly license: string }
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const digestFile = fileURLToPath(new URL('../test/conformance/protocol/spec-digest.json', import.meta.url))

/** Components that the tests use. The digest contains them, and the components that they refer to. */
const roots = [
  ...['RealtimeServerEvent', 'RealtimeClientEvent', 'RealtimeTranslationServerEvent', 'RealtimeTranslationClientEvent'],
  ...['RealtimeCreateClientSecretRequest', 'RealtimeCreateClientSecretResponse', 'RealtimeCallCreateRequest'],
  ...['RealtimeTranslationClientSecretCreateRequest', 'RealtimeTranslationClientSecretCreateResponse'],
  ...['RealtimeSessionCreateRequestGA', 'RealtimeCallReferRequest', 'RealtimeCallRejectRequest'],
  'WebhookRealtimeCallIncoming',
]

const facts = [
  ...['$ref', 'type', 'enum', 'const', 'nullable', 'required'],
  ...['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'pattern'],
]

/** Returns the digest as JSON with one component per line. */
export function digestOf({ source, components: { schemas } }: SpecDocument): string {
  const found = new Map<string, Schema>()
  const visit = (name: string): void => {
    const schema = schemas[name]
    if (!schema) throw new Error(`The document has no ${name}.`)
    if (found.has(name)) return
    const kept = factsOf(schema)
    found.set(name, kept)
    for (const [, next = ''] of JSON.stringify(kept).matchAll(/"\$ref":"[^"]*\/([^"/]+)"/g)) visit(next)
  }
  for (const name of roots) visit(name)
  const lines = [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => `"${name}":${JSON.stringify(schema)}`)
  const { repository, commit, license } = source
  return `{"source":${JSON.stringify({ repository, commit, license })},"components":{"schemas":{\n${lines.join(',\n')}\n}}}\n`
}

/** Returns a schema without its texts, examples, and defaults. */
function factsOf(schema: Schema): Schema {
  const kept: Record<string, unknown> = {}
  for (const key of facts) if (key in schema) kept[key] = schema[key]
  if (isSchema(schema.properties))
    kept.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, factsOf(property as Schema)]),
    )
  for (const key of ['items', 'additionalProperties']) {
    const part = schema[key]
    if (part !== undefined) kept[key] = isSchema(part) ? factsOf(part) : part
  }
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const parts = schema[key] as readonly Schema[] | undefined
    if (parts) kept[key] = parts.map(factsOf)
  }
  return kept
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [source, target = digestFile] = process.argv.slice(2)
  if (source === undefined) throw new Error('Name the OpenAPI document.')
  writeFileSync(target, digestOf(JSON.parse(readFileSync(source, 'utf8')) as SpecDocument))
}
