import { basename, dirname, relative } from 'node:path'

/** The sections of the navigation, and their pages in order: the paths of documents, without `.md`. */
export const sections: Readonly<Record<string, readonly string[]>> = {
  Start: ['docs/quickstart', 'docs/recipes', 'docs/frameworks', 'docs/electron', 'docs/cli'],
  Core: [
    ...['docs/session', 'docs/turn-detection', 'docs/persisting', 'docs/choosing-a-transport', 'docs/transports'],
    ...['docs/webrtc', 'docs/audio', 'docs/browser'],
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
  ],
  'Server and telephone': ['docs/server', 'docs/webhooks', 'docs/sip', 'docs/twilio', 'docs/workers'],
  'Testing and production': [
    ...[
      'docs/testing-your-agent',
      'docs/spoken-tests',
      'docs/emulator',
      'docs/python',
      'docs/production',
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

/** The path of a document below the root, such as `docs/tools`, without `.md`. */
export function pagePath(root: string, file: string): string {
  return relative(root, file).replaceAll('\\', '/').replace(/\.md$/, '')
}

/** Where the page of a document is on the site, without `.html`. */
export function pageUrl(path: string): string {
  if (path.startsWith('examples/')) return `examples/${basename(dirname(path))}`
  return path.startsWith('docs/') ? path.slice('docs/'.length) : path.toLowerCase()
}

/** Returns the section of a page. Pages that are not listed are at the end of the guides. */
export function sectionOf(path: string): string {
  const listed = Object.entries(sections).find(([, paths]) => paths.includes(path))
  return listed?.[0] ?? sectionByFolder.find(([prefix]) => path.startsWith(prefix))?.[1] ?? otherSection
}

/** The position of a page in the navigation. */
export function positionOf(path: string): number {
  const position = Object.values(sections).flat().indexOf(path)
  return position === -1 ? Number.MAX_SAFE_INTEGER : position
}
