import { connectionRename, findingOf } from './catalog.js'
import type { Finding } from './finding.js'
import { matchText } from './text-rules.js'

const header = connectionRename('OpenAI-Beta: realtime=v1')

/** How a configuration format marks a comment line. JSON has none. */
const comments: Readonly<Record<string, RegExp>> = {
  settings: /(^|\s)#[^\n]*/g,
  bicep: /(^|\s)\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
}

/** Finds names of models and events, headers, and addresses of the beta in a configuration file or a shell script. These files are never changed. */
export function configFindings(kind: string, source: string): readonly Finding[] {
  const comment = comments[kind]
  const text = comment ? source.replace(comment, (part) => part.replace(/[^\n\r]/g, ' ')) : source
  const findings = [...text.matchAll(/[^\s"'`,;()[\]{}<>=|]+/g)].flatMap(({ index, 0: word }) => {
    const start = word.search(/(?<=^[\w.-]*:)[^/]/)
    // `model:name` without a space, as in a Docker label. An address keeps its colon.
    const value = start > 0 && !word.includes('://') ? word.slice(start) : word
    return matchText(value, { isContinued: true })
      .filter(({ rename }) => /^(model|url|subprotocol|event)$/.test(rename.kind))
      .map((match) =>
        findingOf(match.rename, { start: index + word.length - value.length + match.index, what: match.text }),
      )
  })
  const headers = [...text.matchAll(/openai-beta["']?\s*[:=]\s*["']?\s*realtime=v1/gi)].map(({ index }) =>
    findingOf(header, { start: index, fix: 'Remove the header.' }),
  )
  return [...findings, ...headers].sort((a, b) => a.start - b.start)
}
