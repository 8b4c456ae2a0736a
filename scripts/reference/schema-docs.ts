import ts from 'typescript'
import { docOf } from './source.js'

/** Facts about schemas that only the source contains, by path, such as `Session` or `Session.audio.input.format`. */
export interface SchemaDocs {
  /** The names of the exported schemas without duplicates. */
  readonly names: readonly string[]
  /** Returns the doc comment of a path, or that of the value of the field, or an empty string. */
  readonly docOf: (path: string) => string
  /** Returns the known values of a string that can have other values. */
  readonly knownOf: (path: string) => readonly string[]
}

/**
 * Reads the doc comments of schemas and their fields, and the known values of open strings, which are types only.
 * @param valuesOf the values of an exported list or enumeration
 */
export function readSchemaDocs(
  sources: readonly ts.SourceFile[],
  valuesOf: (name: string) => readonly string[],
): SchemaDocs {
  const names: string[] = []
  const docs = new Map<string, string>()
  const known = new Map<string, ts.TypeNode>()

  function readValue(node: ts.Node, path: string): void {
    if (ts.isObjectLiteralExpression(node)) {
      for (const field of node.properties) {
        if (!ts.isPropertyAssignment(field)) continue
        const fieldPath = `${path}.${field.name.getText().replaceAll(/['"]/g, '')}`
        if (!docs.get(fieldPath)) docs.set(fieldPath, docOf(field))
        readValue(field.initializer, fieldPath)
      }
      return
    }
    if (ts.isCallExpression(node) && node.expression.getText() === 'openString' && node.typeArguments?.[0])
      known.set(path, node.typeArguments[0])
    ts.forEachChild(node, (child) => readValue(child, path))
  }

  function readAlias(node: ts.Node, path: string): void {
    if (ts.isTypeReferenceNode(node) && node.typeName.getText() === 'OpenString' && node.typeArguments?.[0])
      known.set(path, node.typeArguments[0])
    ts.forEachChild(node, (child) => readAlias(child, path))
  }

  function literalsOf(type: ts.TypeNode | undefined): readonly string[] {
    if (type === undefined) return []
    if (ts.isUnionTypeNode(type)) return type.types.flatMap(literalsOf)
    if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) return [type.literal.text]
    // A name, or `(typeof names)[number]`.
    return valuesOf(/\w+/.exec(type.getText().replace('typeof ', ''))?.[0] ?? '')
  }

  for (const statement of sources.flatMap((source) => [...source.statements])) {
    if (ts.isTypeAliasDeclaration(statement)) {
      // Only the type of an open string contains the known values. Its schema accepts any string.
      docs.set(statement.name.text, docOf(statement) || (docs.get(statement.name.text) ?? ''))
      readAlias(statement.type, statement.name.text)
    }
    if (!ts.isVariableStatement(statement) || !isExported(statement)) continue
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (!initializer || ts.isIdentifier(initializer)) continue
      const path = name.getText()
      names.push(path)
      if (!docs.get(path)) docs.set(path, docOf(statement))
      readValue(initializer, path)
    }
  }
  return {
    names,
    docOf: (path) => docs.get(path) || (docs.get(known.get(path)?.getText() ?? '') ?? ''),
    knownOf: (path) => literalsOf(known.get(path)),
  }
}

function isExported(statement: ts.VariableStatement): boolean {
  return statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
}
