import ts from 'typescript'

/** A field of a type, by its path, such as `SessionConfig.audio.input.format`. */
export interface FieldDoc {
  readonly path: string
  readonly isDocumented: boolean
}

/**
 * Reads the fields of all types that share their name with a schema, and of every object inside them, from a declaration file.
 * A named type appears once, under its name.
 */
export function readFieldDocs(entry: string): readonly FieldDoc[] {
  const program = ts.createProgram([entry], {
    strict: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    skipLibCheck: true,
    types: [],
  })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(entry)
  const module = source && checker.getSymbolAtLocation(source)
  if (source === undefined || module === undefined) throw new Error(`${entry} is not a module`)
  const folder = entry.slice(0, entry.lastIndexOf('/'))
  const fields: FieldDoc[] = []
  const visited = new Set<ts.Type>()

  function isOurs({ declarations = [] }: ts.Symbol): boolean {
    return declarations.some((declaration) => declaration.getSourceFile().fileName.startsWith(folder))
  }

  function readType(type: ts.Type, path: string): void {
    if (type.isUnionOrIntersection()) {
      for (const part of type.types) readType(part, path)
      return
    }
    if ((type.flags & ts.TypeFlags.Object) === 0 || visited.has(type)) return
    visited.add(type)
    for (const argument of checker.isArrayType(type) ? checker.getTypeArguments(type as ts.TypeReference) : [])
      readType(argument, path)
    const values = checker.getIndexTypeOfType(type, ts.IndexKind.String)
    if (values !== undefined) readType(values, path)
    for (const field of type.getProperties().filter(isOurs)) {
      const fieldPath = `${path}.${field.name}`
      fields.push({ path: fieldPath, isDocumented: field.getDocumentationComment(checker).length > 0 })
      readType(checker.getTypeOfSymbol(field), fieldPath)
    }
  }

  const schemas = checker.getExportsOfModule(module).flatMap((exported) => {
    const symbol = (exported.flags & ts.SymbolFlags.Alias) === 0 ? exported : checker.getAliasedSymbol(exported)
    const isSchema =
      (symbol.flags & ts.SymbolFlags.Value) !== 0 && checker.getTypeOfSymbol(symbol).getProperty('_zod') !== undefined
    const isType = (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias)) !== 0
    return isSchema && isType ? [{ name: exported.name, type: checker.getDeclaredTypeOfSymbol(symbol) }] : []
  })
  // Objects that have a name are read under it, before the objects that refer to them.
  const named = new Map(schemas.map(({ name, type }) => [type, name]))
  for (const { name, type } of schemas) {
    visited.clear()
    for (const other of named.keys()) if (other !== type) visited.add(other)
    readType(type, name)
  }
  return fields
}
