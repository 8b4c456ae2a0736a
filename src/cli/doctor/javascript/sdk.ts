import { connectionRename, findingOf } from '../catalog.js'
import type { Finding } from '../finding.js'
import { descendants, keyOf, listDescendants, memberOf, type Node, type Tree, unwrap } from './ast.js'
import { isBoundPackage } from './rewrite-safety.js'
import type { Scan } from './scan.js'

const ended = '2026-05-12'

/** Returns the finding for a beta package or client, with its replacement. */
export function sdkFinding(start: number, what: string): Finding {
  const isReference = what.includes('realtime-api')
  return {
    rule: 'sdk',
    start,
    what,
    why: 'It connects to the beta, which the service refuses with `beta_api_shape_disabled`.',
    date: ended,
    fix: isReference
      ? 'Give it a connection to GA with `asWebSocket(beta(…))`, or replace it: docs/from-realtime-api-beta.md.'
      : what.includes('beta.')
        ? `Use \`${what.replace('beta.', '')}\` of a current version of \`openai\`. The names of events and settings change, too.`
        : `Import \`${what.replace('/beta', '')}\` from a current version of \`openai\`. The names of events and settings change, too.`,
  }
}

const secret = connectionRename('client_secret.value')
const expiry = connectionRename('client_secret.expires_at')

/** Finds beta clients and packages, and code that reads their responses. */
export function scanSdk(scan: Scan): void {
  const { tree, report } = scan
  for (const { node, specifier } of importsOf(tree))
    if (isBoundPackage(specifier)) report(sdkFinding(node.start, specifier))
  for (const node of tree.nodes) {
    const name = memberOf(node)
    const object = unwrap(descendants(node, 'object'))
    if (name === 'realtime' && memberOf(object) === 'beta') {
      const above = memberOf(tree.parentOf.get(node))
      const place = descendants(object, 'property') ?? node
      report(sdkFinding(place.start, `beta.realtime${above === undefined ? '' : `.${above}`}`))
    }
    if ((name === 'value' || name === 'expires_at') && isSecret(object, tree)) {
      const at = object?.type === 'Identifier' ? object : object && descendants(object, 'property')
      report(
        findingOf(name === 'value' ? secret : expiry, {
          start: (at ?? node).start,
          fix: `The response of \`POST /v1/realtime/client_secrets\` contains \`${name}\` directly. Read it there.`,
        }),
      )
    }
    if (node.type === 'ObjectPattern') scanPattern(node, scan)
    if (node.type === 'TSPropertySignature' && keyOf(node) === 'client_secret' && speaksOfRealtime(tree))
      scanSecretType(node, scan)
    scanContentRead(node, scan)
  }
}

/** Returns whether an object is `data.client_secret`, or a destructured name of it. Other services use the same name. */
function isSecret(object: Node | undefined, tree: Tree): boolean {
  if (memberOf(object) === 'client_secret') return true
  return object?.type === 'Identifier' && object.name === 'client_secret' && speaksOfRealtime(tree)
}

function speaksOfRealtime({ source }: Tree): boolean {
  return /realtime|oai-events|transcription_?session/i.test(source)
}

/** `{ client_secret: { value: string } }` */
function scanSecretType(signature: Node, { report }: Scan): void {
  const members = listDescendants(descendants(descendants(signature, 'typeAnnotation'), 'typeAnnotation'), 'members')
  if (members.some((member) => keyOf(member) === 'value'))
    report(
      findingOf(secret, {
        start: signature.start,
        fix: 'The response of `POST /v1/realtime/client_secrets` contains `value` and `expires_at` directly. Change the type accordingly.',
      }),
    )
}

/** `const { client_secret: { value } } = …` */
function scanPattern(pattern: Node, { report }: Scan): void {
  for (const property of listDescendants(pattern, 'properties')) {
    const inner = descendants(property, 'value')
    if (keyOf(property) === 'client_secret' && inner?.type === 'ObjectPattern')
      report(
        findingOf(secret, {
          start: property.start,
          fix: 'The response of `POST /v1/realtime/client_secrets` contains `value` directly. Read it there.',
        }),
      )
  }
}

/** `item.content[0].type === 'audio'`: assistant content has another type in GA. */
function scanContentRead(node: Node, { tree, isRealtime, report }: Scan): void {
  if (node.type !== 'BinaryExpression' || !/^[!=]==?$/.test(String(node.operator)) || !isRealtime) return
  const sides = [unwrap(descendants(node, 'left')), unwrap(descendants(node, 'right'))]
  const literal = sides.find(
    (side) => side?.type === 'StringLiteral' && (side.value === 'audio' || side.value === 'text'),
  )
  const member = sides.find((side) => memberOf(side) === 'type')
  const owner = unwrap(descendants(member, 'object'))
  if (literal === undefined || owner === undefined) return
  const text = tree.source.slice(owner.start, owner.end)
  if (!/\bcontent\b/.test(text) && !isElementOfContent(owner, tree)) return
  report({
    rule: 'content',
    start: literal.start,
    what: `content type ${String(literal.value)}`,
    why: 'Assistant content in items has the prefix `output_`. Content parts of a response in progress keep their names.',
    date: ended,
    fix: `Expect \`output_${String(literal.value)}\` here if this code reads the content of items.`,
  })
}

/**
 * Returns whether a node is the parameter of `item.content.find((part) => …)` or the variable of `for (const part of item.content)`.
 */
function isElementOfContent(owner: Node, { source, parentOf }: Tree): boolean {
  if (owner.type !== 'Identifier') return false
  for (let above = parentOf.get(owner); above; above = parentOf.get(above)) {
    const isLoop = above.type === 'ForOfStatement'
    if (!isLoop && above.type !== 'ArrowFunctionExpression' && above.type !== 'FunctionExpression') continue
    const bound = isLoop ? descendants(above, 'left') : listDescendants(above, 'params')[0]
    if (
      bound === undefined ||
      !new RegExp(`\\b${String(owner.name).replaceAll('$', '\\$')}$`).test(
        source.slice(bound.start, bound.end).split(/\s*[:=]/)[0] ?? '',
      )
    )
      continue
    const from = isLoop
      ? descendants(above, 'right')
      : descendants(descendants(parentOf.get(above), 'callee'), 'object')
    return from !== undefined && /\bcontent\)?$|\bcontent\s*(\?\?|\|\|)/.test(source.slice(from.start, from.end))
  }
  return false
}

/** Returns all imports of a file, in any syntax. */
export function importsOf({ nodes }: Tree): readonly { readonly node: Node; readonly specifier: string }[] {
  return nodes.flatMap((node) => {
    const isCall =
      node.type === 'CallExpression' &&
      (descendants(node, 'callee')?.type === 'Import' || descendants(node, 'callee')?.name === 'require')
    const isDeclared = /^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type)
    const source = isCall
      ? listDescendants(node, 'arguments')[0]
      : isDeclared
        ? descendants(node, 'source')
        : node.type === 'TSImportType'
          ? descendants(node, 'argument')
          : undefined
    return source?.type === 'StringLiteral' ? [{ node: source, specifier: String(source.value) }] : []
  })
}
