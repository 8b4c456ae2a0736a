import ts from 'typescript'
import { docOf } from './source.js'

/** One error class with its codes. */
export interface ErrorFamily {
  readonly className: string
  readonly doc: string
  readonly codes: readonly ErrorCode[]
}

/** One code of a family. */
export interface ErrorCode {
  readonly code: string
  readonly doc: string
  readonly data: readonly DataField[]
  /** The messages that it may have; what stands in braces is filled in, what stands in brackets may be missing. */
  readonly messages: readonly string[]
}

/** A fact that the error holds; the name is empty when the type as a whole is told. */
export interface DataField {
  readonly name: string
  readonly type: string
  readonly doc: string
}

/** The error families of all files that have one: an interface `…ErrorData` with a table `messages` beside it. */
export function readErrorFamilies(sources: readonly ts.SourceFile[]): ErrorFamily[] {
  return sources.flatMap((source) => {
    const tables = messageTablesOf(source)
    return source.statements
      .filter((statement) => ts.isInterfaceDeclaration(statement))
      .filter(({ name }) => name.text.endsWith('ErrorData'))
      .map((data) => {
        const className = data.name.text.replace(/Data$/, '')
        const owner = source.statements.find((other) => ts.isClassDeclaration(other) && other.name?.text === className)
        const messages = tables.get(data.name.text)
        const codes = data.members.filter(ts.isPropertySignature).map((member) => readCode(member, messages))
        return { className, doc: owner ? docOf(owner) : '', codes }
      })
  })
}

/** The tables of messages by the name of the data that they are for: `MessageTable<ThatData>`. */
function messageTablesOf(source: ts.SourceFile): ReadonlyMap<string, ts.ObjectLiteralExpression> {
  const tables = new Map<string, ts.ObjectLiteralExpression>()
  for (const statement of source.statements.filter(ts.isVariableStatement)) {
    for (const { type, initializer } of statement.declarationList.declarations) {
      const data = /^MessageTable<(\w+)>$/.exec(type?.getText() ?? '')?.[1]
      if (data !== undefined && initializer && ts.isObjectLiteralExpression(initializer)) tables.set(data, initializer)
    }
  }
  return tables
}

function readCode(member: ts.PropertySignature, table: ts.ObjectLiteralExpression | undefined): ErrorCode {
  const code = member.name.getText()
  const entry = table?.properties.find((property) => property.name?.getText() === code)
  const message = entry && ts.isPropertyAssignment(entry) ? entry.initializer : undefined
  return {
    code,
    doc: docOf(member),
    data: member.type ? fieldsOf(member.type) : [],
    messages: message ? messagesOf(message) : [],
  }
}

function fieldsOf(type: ts.TypeNode): readonly DataField[] {
  if (ts.isTypeLiteralNode(type)) {
    return type.members.filter(ts.isPropertySignature).map((field) => ({
      name: field.name.getText() + (field.questionToken ? '?' : ''),
      type: wordsOf(field.type),
      doc: docOf(field),
    }))
  }
  if (ts.isTypeReferenceNode(type)) {
    const alias = declarationOf(type.typeName.getText(), type.getSourceFile(), ts.isTypeAliasDeclaration)
    if (alias) return [{ name: '', type: wordsOf(alias.type), doc: docOf(alias) }]
  }
  return [{ name: '', type: wordsOf(type), doc: '' }]
}

function wordsOf(node: ts.Node | undefined): string {
  return (node?.getText() ?? '').replace(/\s+/g, ' ').replace(/^\| /, '')
}

/** Every message that an expression, or the function that it names, may come to. */
function messagesOf(expression: ts.Expression): readonly string[] {
  if (ts.isIdentifier(expression)) {
    const named = declarationOf(expression.text, expression.getSourceFile(), ts.isFunctionDeclaration)
    return named?.body ? returnsOf(named.body) : []
  }
  if (!ts.isArrowFunction(expression)) return []
  return ts.isBlock(expression.body) ? returnsOf(expression.body) : alternativesOf(expression.body)
}

function returnsOf(node: ts.Node): readonly string[] {
  const found: string[] = []
  ts.forEachChild(node, (child) => {
    if (ts.isReturnStatement(child) && child.expression) found.push(...alternativesOf(child.expression))
    else found.push(...returnsOf(child))
  })
  return found
}

function alternativesOf(expression: ts.Expression): readonly string[] {
  if (ts.isParenthesizedExpression(expression)) return alternativesOf(expression.expression)
  if (!ts.isConditionalExpression(expression)) return [textOf(expression)]
  return [...alternativesOf(expression.whenTrue), ...alternativesOf(expression.whenFalse)]
}

/** A message as a pattern: `Could not connect to {url}[ (HTTP {status})].` */
function textOf(expression: ts.Expression): string {
  if (ts.isStringLiteralLike(expression)) return expression.text
  if (ts.isParenthesizedExpression(expression)) return textOf(expression.expression)
  if (ts.isTemplateExpression(expression)) {
    const spans = expression.templateSpans.map((span) => textOf(span.expression) + span.literal.text)
    return expression.head.text + spans.join('')
  }
  if (ts.isConditionalExpression(expression)) {
    const [yes, no] = [textOf(expression.whenTrue), textOf(expression.whenFalse)]
    return yes === '' || no === '' ? `[${yes}${no}]` : `(${yes} | ${no})`
  }
  if (ts.isBinaryExpression(expression)) {
    const [left, right] = [textOf(expression.left), textOf(expression.right)]
    if (expression.operatorToken.kind === ts.SyntaxKind.PlusToken) return left + right
    return right === '' ? left : `(${left} | ${right})`
  }
  // A message that is put in order afterwards: what counts is what it was made of.
  if (ts.isCallExpression(expression) && ts.isPropertyAccessExpression(expression.expression)) {
    const made = textOf(expression.expression.expression)
    if (/replace|trim/.test(expression.expression.name.text)) return made
  }
  return `{${expression.getText().replace(/^data\./, '')}}`
}

function declarationOf<T extends ts.DeclarationStatement>(
  name: string,
  source: ts.SourceFile,
  isKind: (node: ts.Node) => node is T,
): T | undefined {
  return source.statements.filter(isKind).find((statement) => statement.name?.getText() === name)
}
