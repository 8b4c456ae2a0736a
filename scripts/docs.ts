// Builds the documentation site into `site/`: README, guides, protocol, and API reference. Fails on dead links and dead anchors.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Application, PackageJsonReader, TSConfigReader, TypeDocReader } from 'typedoc'
import { docsUrl } from '../src/internal/project-urls.js'
import { packedReadme } from './packed-readme.js'
import { deadLinks, missingPages } from './site/dead-links.js'
import { markdownFiles, writeMarkdownPages } from './site/markdown-pages.js'
import { buildPlayground } from './site/playground.js'
import { siteOptions } from './site/site.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = join(root, 'site')

const app = await Application.bootstrapWithPlugins({ options: join(root, 'typedoc.json'), ...siteOptions(root) }, [
  new TypeDocReader(),
  new PackageJsonReader(),
  new TSConfigReader(),
])
const project = await app.convert()
if (!project) process.exit(1)
app.validate(project)
await app.generateOutputs(project)
await writeMarkdownPages(root, out)
await buildPlayground(root, join(out, 'playground'))
const readme = packedReadme(readFileSync(join(root, 'README.md'), 'utf8'))
const dead = [
  ...deadLinks(out),
  ...missingPages(out, docsUrl, { 'README.md in the package': readme, ...markdownFiles(out) }),
]
for (const { page, target } of dead) console.error(`${page} links to ${target}, which is not on the site.`)
if (dead.length > 0 || app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1)
console.log(`The site is in ${out}; open ${join(out, 'index.html')}.`)
