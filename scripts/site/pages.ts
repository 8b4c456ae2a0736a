import { readdirSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

/** The sections of the navigation, and their pages in order: the paths of documents, without `.md`. */
export const sections: Readonly<Record<string, readonly string[]>> = {
  Start: ['docs/quickstart', 'docs/recipes', 'docs/frameworks', 'docs/electron', 'docs/cli'],
  Core: [
    ...['docs/session', 'docs/turn-detection', 'docs/persisting', 'docs/choosing-a-transport', 'docs/transports'],
    ...['docs/other-servers', 'docs/webrtc', 'docs/audio', 'docs/browser'],
  ],
  Features: [
    ...[
      'docs/tools',
      'docs/agents',
      'docs/guardrails',
      'docs/fallback',
      'docs/transcript',
      'docs/usage',
      'docs/latency',
    ],
    'docs/recording',
    'docs/call-recording',
    'docs/redaction',
  ],
  'Server and telephone': [
    'docs/server',
    'docs/webhooks',
    'docs/sip',
    'docs/twilio',
    'docs/workers',
    'docs/surviving-restarts',
  ],
  'Testing and production': [
    ...[
      'docs/testing-your-agent',
      'docs/spoken-tests',
      'docs/emulator',
      'docs/emulator-server',
      'docs/python',
      'docs/production',
      'docs/load',
      'docs/telemetry',
      'docs/debugging',
      'docs/performance',
    ],
  ],
  Migration: ['docs/migrate', 'docs/from-realtime-api-beta', 'docs/from-agents-realtime', 'docs/doctor'],
  Reference: ['PROTOCOL', 'docs/reference/events', 'docs/reference/errors', 'CHANGELOG'],
}

/** The section of pages that are not listed above. */
const sectionByFolder: readonly (readonly [prefix: string, section: string])[] = [
  ['examples/', 'Examples'],
  ['docs/reference/errors/', 'Errors'],
]

const otherSection = 'More guides'

export const sectionOrder = [...Object.keys(sections), otherSection, 'Errors', 'Examples']

/** Returns the path of a document below the root without `.md`, such as `docs/tools`. */
export function pagePath(root: string, file: string): string {
  return relative(root, file).replaceAll('\\', '/').replace(/\.md$/, '')
}

/** The documents that have a page on the site, except the README, which is its first page. typedoc.json contains the same patterns. */
const documents = /^(docs\/[^/]+|docs\/reference\/.+|PROTOCOL|CHANGELOG|examples\/[^/]+\/README)\.md$/

/** Returns whether a file of the repository has a page on the site. */
export function isPage(file: string): boolean {
  return file === 'README.md' || documents.test(file)
}

/** Returns the files that have a page, the README first. */
export function pageFiles(root: string): readonly string[] {
  const below = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
  return ['README.md', 'PROTOCOL.md', 'CHANGELOG.md', ...below('docs'), ...below('examples')].filter(isPage)
}

/** Returns the path of the page of a document on the site, without `.html`. */
export function pageUrl(path: string): string {
  if (path === 'README') return 'index'
  if (path.startsWith('examples/')) return `examples/${basename(dirname(path))}`
  return path.startsWith('docs/') ? path.slice('docs/'.length) : path.toLowerCase()
}

/** Returns the section of a page. Pages that are not listed are at the end of the guides. */
export function sectionOf(path: string): string {
  const listed = Object.entries(sections).find(([, paths]) => paths.includes(path))
  return listed?.[0] ?? sectionByFolder.find(([prefix]) => path.startsWith(prefix))?.[1] ?? otherSection
}

/** Returns the position of a page in the navigation. */
export function positionOf(path: string): number {
  const position = Object.values(sections).flat().indexOf(path)
  return position === -1 ? Number.MAX_SAFE_INTEGER : position
}
