// Builds the documentation site into `site/`: README, guides, protocol, and API reference. Fails on dead links and dead anchors.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Application, PackageJsonReader, TSConfigReader, TypeDocReader } from 'typedoc'
import { deadLinks } from './site/dead-links.js'
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
const dead = deadLinks(out)
for (const { page, target } of dead) console.error(`${page} links to ${target}, which is not on the site.`)
if (dead.length > 0 || app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1)
console.log(`The site is in ${out}; open ${join(out, 'index.html')}.`)
