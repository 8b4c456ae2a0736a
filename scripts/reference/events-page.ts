import * as protocol from '../../src/protocol/index.js'
import * as rest from '../../src/protocol/rest.js'
import { anchorOf, linkTo, page, table } from './markdown.js'
import { readSchemaDocs } from './schema-docs.js'
import { createSchemaWords, type Field, type Schema } from './schema-words.js'
import { readSources } from './source.js'

const directions = [
  { title: 'Client events', way: 'client → server', schemas: protocol.clientEventSchemas },
  { title: 'Server events', way: 'server → client', schemas: protocol.serverEventSchemas },
  {
    title: 'Client events of a translation session',
    way: 'client → server, translation',
    schemas: protocol.translationClientEventSchemas,
  },
  {
    title: 'Server events of a translation session',
    way: 'server → client, translation',
    schemas: protocol.translationServerEventSchemas,
  },
] as const

/** The heading of each event by its schema: its type, with a suffix for the second event of a type. */
const headings = new Map<unknown, string>()
for (const { schemas } of directions) {
  const taken = new Set(headings.values())
  for (const [type, schema] of Object.entries<unknown>(schemas))
    if (!headings.has(schema)) headings.set(schema, taken.has(type) ? `${type} (translation)` : type)
}

const intro = `# Events

Every event of the Realtime protocol and every object in one, as \`realtime-primitives/protocol\` describes them. What must come before and after each
event stands in [PROTOCOL.md](../../PROTOCOL.md). This page is generated from \`src/protocol\`; do not edit it.

- Each event and object is a schema and a type of the same name.
- What a client sends is strict: one field that is not listed here, and the whole event is refused.
- What a server sends is open: fields that are not listed pass through, and where a list of values ends in “another string” the service may add to it.
- On what a server sends, “optional, may be null” means that the value, \`null\` and nothing at all must be expected.`

/** Returns the page of all events and HTTP bodies, and of all objects in them. */
export function eventsPage(root: string): string {
  const exports: Readonly<Record<string, unknown>> = { ...protocol }
  const docs = readSchemaDocs(readSources(root, 'src/protocol'), (name) => valuesOf(exports[name]))
  const names = new Map(docs.names.map((name) => [exports[name], name]))
  const objects = new Map<string, Schema>()
  const described = new Set<string>()
  const words = createSchemaWords(
    docs,
    (schema) => names.get(schema),
    (name, schema) => objects.set(name, schema),
  )

  function describe(name: string, schema: Schema): readonly string[] {
    described.add(name)
    const { def } = schema._zod
    const inline = def.type === 'union' ? def.options.filter((option) => !names.has(option)) : [schema]
    const tables = inline.map((option) => fieldTable(words.fieldsOf(option as Schema, name)))
    const type = words.typeOf(schema, name)
    return [docs.docOf(name), type === 'object' ? '' : `Type: ${type}.`, ...tables]
  }

  const events = directions.flatMap(({ title, way, schemas }) => [
    `## ${title}`,
    ...Object.values<unknown>(schemas).flatMap((schema) => {
      const name = names.get(schema) ?? ''
      // Errors of a translation session have the schema of other errors.
      if (described.has(name)) return []
      const heading = headings.get(schema) ?? name
      const sequence = `[its place in a sequence](../../PROTOCOL.md#${anchorOf(heading)})`
      return [`### ${heading}`, `\`${name}\` · ${way} · ${sequence}`, ...describe(name, schema as Schema)]
    }),
  ])
  const bodies = docs.names
    .filter((name) => Object.hasOwn(rest, name))
    .flatMap((name) => [`### ${name}`, ...describe(name, exports[name] as Schema)])

  const sections = new Map<string, readonly string[]>()
  for (const [name, schema] of objects) {
    // The loop adds entries to the map, because an object can refer to objects that are not yet described.
    if (!described.has(name)) sections.set(name, [`### ${name}`, ...describe(name, schema)])
  }
  const sorted = [...sections].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, section]) => section)

  return page([
    intro,
    contents(),
    ...events,
    '## HTTP bodies and the webhook',
    ...bodies,
    '## Objects and names',
    ...sorted,
  ])
}

function fieldTable(fields: readonly Field[]): string {
  if (fields.length === 0) return ''
  const rows = fields.map(({ label, type, presence, doc }) => [`\`${label}\``, type, presence, doc])
  return table(['Field', 'Type', 'Presence', 'Meaning'], rows)
}

/** Returns links to all events. */
function contents(): string {
  const lines = directions.map(({ title, schemas }) => {
    const links = Object.values<unknown>(schemas).map((schema) => linkTo(headings.get(schema) ?? ''))
    return `**${linkTo(title)}**: ${links.join(' · ')}`
  })
  return [...lines, `**${linkTo('HTTP bodies and the webhook')}** · **${linkTo('Objects and names')}**`].join('\n\n')
}

/** Returns the values of an exported list or enumeration. */
function valuesOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value
  if (typeof value !== 'object' || value === null || !('_zod' in value)) return []
  const { def } = (value as Schema)._zod
  return def.type === 'literal' ? def.values.map(String) : []
}
