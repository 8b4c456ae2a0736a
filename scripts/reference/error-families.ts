import ts from 'typescript'
import { docOf } from './source.js'

/** One error class with its codes. */
export interface ErrorFamily {
  readonly className: string
  readonly doc: string
  readonly codes: readonly ErrorCode[]
}

/** One code of an error class. */
export interface ErrorCode {
  readonly code: string
  readonly doc: string
  readonly data: readonly DataField[]
  /** The possible messages. Fields of the data are in braces, and optional parts are in brackets. */
  readonly messages: readonly string[]
}

/** A field of the data of an error. */
export interface DataField {
  readonly name: string
  readonly type: string
  readonly doc: string
}

/** Reads the error classes of all files that contain an interface `…ErrorData` and its `MessageTable`. */
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

/** Returns the message tables by the name of their data type: `MessageTable<ThatData>`. */
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

/** Returns the fields of a type. A named type is resolved if it is declared in the same file. */
function fieldsOf(type: ts.TypeNode): readonly DataField[] {
  if (ts.isTypeLiteralNode(type)) return membersOf(type.members)
  if (ts.isIntersectionTypeNode(type)) return type.types.flatMap(fieldsOf)
  if (ts.isUnionTypeNode(type)) return unionFieldsOf(type)
  if (!ts.isTypeReferenceNode(type)) return []
  const name = type.typeName.getText()
  const source = type.getSourceFile()
  const declared = declarationOf(name, source, ts.isInterfaceDeclaration)
  if (declared) return membersOf(declared.members)
  const alias = declarationOf(name, source, ts.isTypeAliasDeclaration)
  return alias ? fieldsOf(alias.type) : []
}

function membersOf(members: ts.NodeArray<ts.TypeElement>): readonly DataField[] {
  return members.filter(ts.isPropertySignature).map((field) => ({
    name: field.name.getText() + (field.questionToken ? '?' : ''),
    type: spelledOut(field.type),
    doc: docOf(field),
  }))
}

/** Merges the variants of a union. A field that not every variant has is optional. */
function unionFieldsOf({ types }: ts.UnionTypeNode): readonly DataField[] {
  const variants = types.map((type) => fieldsOf(type).map((field) => ({ ...field, name: field.name.replace('?', '') })))
  const names = [...new Set(variants.flat().map(({ name }) => name))]
  return names.map((name) => {
    const found = variants.flatMap((fields) => fields.filter((field) => field.name === name))
    return {
      name: found.length === variants.length ? name : `${name}?`,
      type: [...new Set(found.map(({ type }) => type))].join(' | '),
      doc: found.find(({ doc }) => doc !== '')?.doc ?? '',
    }
  })
}

/** Returns the text of a type. The name of a union of literals in the same file is replaced by the literals. */
function spelledOut(node: ts.TypeNode | undefined): string {
  if (node && ts.isTypeReferenceNode(node)) {
    const alias = declarationOf(node.typeName.getText(), node.getSourceFile(), ts.isTypeAliasDeclaration)
    if (alias && ts.isUnionTypeNode(alias.type)) return spelledOut(alias.type)
  }
  return (node?.getText() ?? '').replace(/\s+/g, ' ').replace(/^\| /, '')
}

/** Returns the possible results of a message function, or of the function that an expression names. */
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

/** Returns a message as a pattern: `Could not connect to {url}[ (HTTP {status})].` */
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
  const parts = partsOf(expression)
  if (parts.length > 0) {
    const texts = [...new Set(parts)].filter((text) => text !== '')
    const joined = texts.join(' | ')
    if (parts.includes('')) return `[${joined}]`
    return texts.length > 1 ? `(${joined})` : joined
  }
  // `{tools}` for `tools.join(', ')`, and `{ageMs}` for `Math.abs(ageMs)`.
  const field = expression.getText().replace(/^data\.|\.join\(.*\)$/g, '')
  return `{${/^Math\.abs\((\w+)\)$/.exec(field)?.[1] ?? field}}`
}

function declarationOf<T extends ts.DeclarationStatement>(
  name: string,
  source: ts.SourceFile,
  isKind: (node: ts.Node) => node is T,
): T | undefined {
  return source.statements.filter(isKind).find((statement) => statement.name?.getText() === name)
}

/** Returns the possible values of `table[key]` and of a call, when the table or the function is declared in the same file. */
function partsOf(expression: ts.Expression): readonly string[] {
  const source = expression.getSourceFile()
  if (ts.isElementAccessExpression(expression)) {
    const name = expression.expression.getText()
    const declarations = source.statements
      .filter(ts.isVariableStatement)
      .flatMap((one) => one.declarationList.declarations)
    const table = declarations.find((declaration) => declaration.name.getText() === name)?.initializer
    if (!table || !ts.isObjectLiteralExpression(table)) return []
    return table.properties.filter(ts.isPropertyAssignment).map(({ initializer }) => textOf(initializer))
  }
  if (!ts.isCallExpression(expression)) return []
  const called = declarationOf(expression.expression.getText(), source, ts.isFunctionDeclaration)
  return called?.body ? returnsOf(called.body) : []
}
