import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { docsUrl } from '../../src/internal/project-urls.js'
import { absoluteTarget, rewriteTargets } from './links.js'
import { pageFiles, pageUrl, positionOf, sectionOf, sectionOrder } from './pages.js'

interface MarkdownPage {
  readonly title: string
  /** First sentence of the page. */
  readonly summary: string
  readonly section: string
  readonly position: number
  readonly url: string
  readonly text: string
}

/** Sections whose pages are in `llms-full.txt`. The references are many times as long, and an agent can fetch the one page that it needs. */
const fullSections = ['Start', 'Core', 'Features', 'Server and telephone', 'Testing and production']

/** Sections that an agent can skip, by the convention of llms.txt. */
const optionalSections = ['Errors', 'More guides']

/** Writes one markdown file per page beside its HTML, `llms.txt` with a list of them, and `llms-full.txt` with the guides. */
export async function writeMarkdownPages(root: string, out: string): Promise<void> {
  const pages = await Promise.all(pageFiles(root).map((file) => readPage(root, file)))
  const [readme] = pages
  if (!readme) return
  await Promise.all(
    pages.map(async ({ url, text }) => {
      await mkdir(dirname(join(out, url)), { recursive: true })
      await writeFile(join(out, url), text)
    }),
  )
  await writeFile(join(out, 'llms.txt'), indexOf(readme, pages.slice(1)))
  const guides = fullSections.flatMap((section) => pagesOf(section, pages))
  await writeFile(
    join(out, 'llms-full.txt'),
    [readme, ...guides].map(({ text }) => `${text.trim()}\n`).join('\n---\n\n'),
  )
}

/** Returns the texts of the markdown files and of llms.txt in a built site. */
export function markdownFiles(out: string): Readonly<Record<string, string>> {
  const names = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.md$|^llms.*\.txt$/.test(name),
  )
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(out, name), 'utf8')]))
}

async function readPage(root: string, file: string): Promise<MarkdownPage> {
  const source = (await readFile(join(root, file), 'utf8')).replaceAll('\r\n', '\n')
  const path = file.replace(/\.md$/, '')
  return {
    title: /^# (.+)$/m.exec(source)?.[1]?.replaceAll('`', '') ?? path,
    summary: summaryOf(source),
    section: sectionOf(path),
    position: positionOf(path),
    url: `${pageUrl(path)}.md`,
    text: rewriteTargets(source, (target) => absoluteTarget(file, target, 'md')),
  }
}

/** Returns the first sentence of the first paragraph, without links. */
function summaryOf(source: string): string {
  const paragraph = source
    .replace(/^```[\s\S]*?^```$/gm, '')
    .split(/\n{2,}/)
    .find((block) => /^[A-Z`[]/.test(block.trim()))
  const text = (paragraph ?? '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
  return (/^.*?\.(?= |$)/.exec(text)?.[0] ?? text).replace(/:$/, '.')
}

function pagesOf(section: string, pages: readonly MarkdownPage[]): readonly MarkdownPage[] {
  return pages.filter((page) => page.section === section).toSorted((a, b) => a.position - b.position)
}

function indexOf(readme: MarkdownPage, pages: readonly MarkdownPage[]): string {
  const list = (section: string) =>
    pagesOf(section, pages).map(
      ({ title, summary, url }) => `- [${title}](${docsUrl}/${url})${summary === '' ? '' : `: ${summary}`}`,
    )
  const sections = sectionOrder
    .filter((section) => !optionalSections.includes(section))
    .map((section) => `## ${section}\n\n${list(section).join('\n')}\n`)
  return `# ${readme.title}

> ${readme.summary}

Each page is a markdown file. [llms-full.txt](${docsUrl}/llms-full.txt) contains all guides. Start with the [README](${docsUrl}/${readme.url}).

- Install with \`npm install realtime-primitives\`. The package is ESM only.
- A standard API key stays on a server. Pages get client secrets from \`createClientSecret\` of \`realtime-primitives/server\`.
- Test without a key: \`createEmulator\` of \`realtime-primitives/testing\` takes the place of the service.

${sections.join('\n')}
## Optional

${optionalSections.flatMap(list).join('\n')}
`
}
