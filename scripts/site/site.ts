import {
  type Application,
  Converter,
  DefaultTheme,
  type DocumentReflection,
  type NavigationElement,
  type ProjectReflection,
  type Reflection,
  type Slugger,
  StructureRouter,
} from 'typedoc'
import { addCategories, categoryOrder } from './categories.js'
import { pagePath, pageUrl, positionOf, sectionOf, sectionOrder } from './pages.js'

/** Creates the typedoc options of the site, with a plugin for its addresses, its navigation, and the categories of the reference. */
export function siteOptions(root: string) {
  const paths = new Map<Reflection, string>()

  function pathOf(project: ProjectReflection, document: Reflection): string {
    return pagePath(root, project.files.getReflectionPath(document) ?? '')
  }

  function nameDocuments(project: ProjectReflection): void {
    for (const document of project.documents ?? []) {
      paths.set(document, pathOf(project, document))
      document.name = titleOf(document) ?? document.name
    }
  }

  function buildNavigation(project: ProjectReflection, theme: DefaultTheme): NavigationElement[] {
    const link = (reflection: Reflection): NavigationElement => ({
      text: reflection.name,
      path: theme.router.getFullUrl(reflection),
      kind: reflection.kind,
      icon: theme.getReflectionIcon(reflection),
    })
    const documents = [...paths].toSorted(([, a], [, b]) => positionOf(a) - positionOf(b))
    const guides = sectionOrder.flatMap((section) => {
      const pages = documents.filter(([, path]) => sectionOf(path) === section)
      const children = pages.map(([document]) => link(document))
      if (section === 'Start') children.push({ text: 'Playground', path: 'playground/index.html' })
      return children.length === 0 ? [] : [{ text: section, children }]
    })
    const modules = (project.children ?? []).map((module) => ({
      ...link(module),
      children: (module.categories ?? []).map(({ title, children }) => ({
        text: title,
        children: children.map((child) => link(child)),
      })),
    }))
    return [...guides, { text: 'API', children: modules }]
  }

  function site(app: Application): void {
    // The router and the theme of typedoc are replaced through subclasses.
    class SiteRouter extends StructureRouter {
      protected override getIdealBaseName(reflection: Reflection): string {
        const path = paths.get(reflection)
        return path === undefined ? `api/${super.getIdealBaseName(reflection)}` : pageUrl(path)
      }

      override getSlugger(reflection: Reflection): Slugger {
        const slugger = super.getSlugger(reflection)
        if (reflection.isDocument() || reflection.isProject()) Object.assign(slugger, { serialize: anchorOf })
        return slugger
      }
    }
    class SiteTheme extends DefaultTheme {
      override buildNavigation(project: ProjectReflection): NavigationElement[] {
        return buildNavigation(project, this)
      }
    }
    app.renderer.defineRouter('site', SiteRouter)
    app.renderer.defineTheme('site', SiteTheme)
    app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
      nameDocuments(project)
      addCategories(project)
    })
  }

  return { plugin: [site], categoryOrder, markdownItLoader: keepCodeInHeadings }
}

interface MarkdownToken {
  type: string
  content: string
  children: MarkdownToken[] | null
}

interface MarkdownParser {
  core: { ruler: { push(name: string, rule: (state: MarkdownState) => void): void } }
}

interface MarkdownState {
  readonly tokens: MarkdownToken[]
  readonly Token: new (type: string, tag: string, nesting: 0) => MarkdownToken
}

/** Typedoc omits code from the anchors and titles of headings. This rule converts code to text between tags. */
function keepCodeInHeadings(parser: MarkdownParser): void {
  parser.core.ruler.push('code_in_headings', ({ tokens, Token }) => {
    const create = (type: string, content: string) => Object.assign(new Token(type, '', 0), { content })
    for (const [index, { type }] of tokens.entries()) {
      const heading = tokens[index + 1]
      if (type !== 'heading_open' || !heading?.children) continue
      heading.children = heading.children.flatMap((token) =>
        token.type === 'code_inline'
          ? [create('html_inline', '<code>'), create('text', token.content), create('html_inline', '</code>')]
          : [token],
      )
    }
  })
}

/** Returns the anchor that GitHub generates for a heading, so that links work in the repository and on the site. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .trim()
    .replace(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-')
}

/** Returns the text of the first heading. */
function titleOf(document: DocumentReflection): string | undefined {
  const text = document.content.map((part) => part.text).join('')
  return /^# (.+)$/m.exec(text)?.[1]?.replaceAll('`', '')
}
