import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { errorEntries } from '../../scripts/reference/error-entries/index.js'
import { resolveErrorUrl } from '../../scripts/reference/error-urls.js'
import { errorsPages } from '../../scripts/reference/errors-page.js'
import { eventsPage } from '../../scripts/reference/events-page.js'
import { anchorOf } from '../../scripts/reference/markdown.js'
import { RealtimeError } from '../../src/errors.js'
import { docsUrl } from '../../src/internal/project-urls.js'
import {
  clientEventTypes,
  serverEventTypes,
  translationClientEventTypes,
  translationServerEventTypes,
} from '../../src/protocol/index.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const errors = errorsPages(root)
const pages = ['PROTOCOL.md', 'docs/reference/events.md']

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n')
}

function headings(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
}

describe('the events page', () => {
  const events = eventsPage(root)

  test('describes a bound as its error does', () => {
    expect(events).toContain('| `speed` | number from 0.25 to 1.5 | optional |')
  })

  test('separates open enumerations from closed ones', () => {
    const types = [...events.matchAll(/^\| `eagerness` \| (.+?) \| /gm)].map(([, type]) => type)
    expect(types.sort()).toEqual([
      '`low` or `medium` or `high` or `auto`',
      '`low`, `medium`, `high`, `auto` or another string',
    ])
  })

  test('contains the description and default of a field from its doc comment', () => {
    expect(events).toContain(
      '| `part` | [ContentPart](#contentpart) | optional, may be null | The content part, without its content. Some servers leave it out. |',
    )
    expect(events).toMatch(/^\| `eagerness` \| .+ Default: `auto`\. \|$/m)
    expect(events).toMatch(/^\| `output_modalities` \| .+ Default: `\['audio'\]`\. \|$/m)
  })

  test('describes every field of every object', () => {
    expect(events).not.toMatch(/^\| `.+\|\s*\|$/m)
  })
})

describe('the errors pages', () => {
  const codes = Object.entries(errorEntries).flatMap(([className, entry]) =>
    Object.keys(entry.codes).map((code) => [className, code] as const),
  )

  test.each(codes)('the URL of %s %s leads to its section', (className, code) => {
    const target = resolveErrorUrl(new RealtimeError(className, code, '', {}).docs)
    const text = errors[target?.file ?? ''] ?? ''
    expect(text.startsWith(`# ${className}\n`)).toBe(true)
    expect(text).toContain(`\n## ${code}\n`)
    expect(anchorOf(code)).toBe(target?.anchor)
  })

  test('every class and code of the source has a section', () => {
    const sections = Object.entries(errors).flatMap(([file, text]) =>
      file.startsWith('docs/reference/errors/')
        ? [...text.matchAll(/^## ([A-Z0-9_]+)$/gm)].map(([, code]) => code)
        : [],
    )
    expect(sections.sort()).toEqual(codes.map(([, code]) => code).sort())
  })

  test.each(Object.entries(errors))(
    '%s has no heading twice, and every code has a message and a meaning',
    (_file, text) => {
      const anchors = headings(text).map(anchorOf)
      expect(new Set(anchors).size).toBe(anchors.length)
      expect(text).not.toContain('```text\n```')
      expect(text).not.toMatch(/^\| .+\|\s*\|$/m)
    },
  )

  test('a message is a pattern of its data', () => {
    expect(errors['docs/reference/errors/transport.md']).toContain(
      'Could not connect to {url}[ (HTTP {status})]: {reason}.',
    )
  })

  test('data of a named type is listed field by field', () => {
    expect(errors['docs/reference/errors/tool.md']).toMatch(
      /## TIMEOUT[\s\S]+?\| `callId` .+\n\| `timeoutMs` \| `number` \|/,
    )
  })

  test.each(['https://elsewhere.example/reference/errors/session#timeout', `${docsUrl}/reference/errors/session`, ''])(
    'resolveErrorUrl: returns undefined for %j',
    (url) => {
      expect(resolveErrorUrl(url)).toBe(undefined)
    },
  )
})

describe('PROTOCOL.md', () => {
  const dialects = [
    ...[...clientEventTypes, ...serverEventTypes].map((type) => [type, type]),
    ...[...translationClientEventTypes, ...translationServerEventTypes].map((type) => [
      type,
      /^(session\.(update|created|updated))$/.test(type) ? `${type} (translation)` : type,
    ]),
  ]

  test.each(dialects)('has a section about %s', (_type, heading) => {
    expect(headings(read('PROTOCOL.md'))).toContain(heading)
  })

  test('describes what comes before and after every event', () => {
    const sections = read('PROTOCOL.md').split(/^### /m)
    const types = new Set(dialects.map(([, heading]) => heading))
    const incomplete = sections
      .filter((section) => types.has(section.split('\n')[0] ?? ''))
      .filter((section) => !/^- Before: \S[\s\S]*?\n- After: \S/m.test(section))
    expect(incomplete).toEqual([])
  })
})

test.each(pages)('%s has no dead links', (path) => {
  const links = [...read(path).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link = '']) => link)
  expect(links.length).toBeGreaterThan(0)
  const anchors = new Map(pages.map((page) => [page, new Set(headings(read(page)).map(anchorOf))]))
  const broken = links.filter((link) => {
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? path : normalize(join(dirname(path), file)).replaceAll('\\', '/')
    return anchor !== undefined ? anchors.get(target)?.has(anchor) !== true : !anchors.has(target)
  })
  expect(broken).toEqual([])
})

test.each(pages)('no two headings of %s share an anchor', (path) => {
  const anchors = headings(read(path)).map(anchorOf)
  expect(anchors.filter((anchor, index) => anchors.indexOf(anchor) !== index)).toEqual([])
})
