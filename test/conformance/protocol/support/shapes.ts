import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** What a place in an event may hold, whatever notation it was read from. */
export interface Shape {
  isNullable: boolean
  /** Text: the values that are known, and whether others are legal. */
  text?: { known: Set<string>; isOpen: boolean }
  /** Numbers: `true` for any, or the legal ones. */
  number?: true | Set<number>
  boolean?: true
  array?: Shape
  objects: ObjectShape[]
  /** An object without declared fields, or anything at all. */
  isAnything?: true
}

/** An object: its fields, and what fields without a declaration hold. */
export interface ObjectShape {
  fields: Map<string, Field>
}

/** A field of an object. */
export interface Field {
  isRequired: boolean
  shape: Shape
}

const protocol = fileURLToPath(new URL('../../../../src/protocol/index.ts', import.meta.url))

/**
 * Reads the types that a module exports, ours unless told otherwise. It asks the compiler, because the known values of open
 * enumerations live only in types.
 */
export function readTypes(entry = protocol) {
  const program = ts.createProgram([entry], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es2023.d.ts'],
  })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(entry)
  const module = source && checker.getSymbolAtLocation(source)
  if (!module) throw new Error(`${entry} is no module`)
  const declared = new Map<string, ts.Type>()
  for (const exported of checker.getExportsOfModule(module)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    // A schema is how a shape is described, and has none on the wire.
    if (exported.name !== 'Schema' && symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias))
      declared.set(exported.name, checker.getDeclaredTypeOfSymbol(symbol))
  }

  function shapeOf(type: ts.Type): Shape {
    const shape: Shape = { isNullable: false, objects: [] }
    for (const member of type.isUnion() ? type.types : [type]) addMember(shape, member)
    return shape
  }

  function addMember(shape: Shape, type: ts.Type): void {
    const text = () => {
      shape.text ??= { known: new Set(), isOpen: false }
      return shape.text
    }
    if (type.flags & ts.TypeFlags.Undefined) return
    if (type.flags & ts.TypeFlags.Null) shape.isNullable = true
    else if (type.isStringLiteral()) text().known.add(type.value)
    else if (type.flags & ts.TypeFlags.StringLike) text().isOpen = true
    else if (type.isNumberLiteral())
      shape.number = new Set([...(shape.number instanceof Set ? shape.number : []), type.value])
    else if (type.flags & ts.TypeFlags.NumberLike) shape.number = true
    else if (type.flags & ts.TypeFlags.BooleanLike) shape.boolean = true
    else if (type.isIntersection() && type.types.some(({ flags }) => flags & ts.TypeFlags.String)) text().isOpen = true
    else if (checker.isArrayType(type)) {
      const [element] = checker.getTypeArguments(type as ts.TypeReference)
      if (element) shape.array = shapeOf(element)
    } else if (type.getProperties().length === 0) shape.isAnything = true
    // What has a type that is not known has nothing to compare.
    else if (type.getStringIndexType() === undefined) shape.objects.push(objectOf(type))
  }

  function objectOf(type: ts.Type): ObjectShape {
    const fields = new Map<string, Field>()
    for (const property of type.getProperties()) {
      const isRequired = !(property.flags & ts.SymbolFlags.Optional)
      fields.set(property.name, { isRequired, shape: shapeOf(checker.getTypeOfSymbol(property)) })
    }
    return { fields }
  }

  function typeOf(name: string): ts.Type {
    const type = declared.get(name)
    if (!type) throw new Error(`${name} is not exported`)
    return type
  }

  return {
    names: [...declared.keys()],
    shape: (name: string) => shapeOf(typeOf(name)),
    /** The fields of an exported type in a line each, or its alternatives; named types by name, sorted, so that lines stay put. */
    print(name: string): string {
      const type = typeOf(name)
      if (type.isUnion() || !(type.flags & ts.TypeFlags.Object)) return `${name} = ${printType(type, name)}`
      const fields = type.getProperties().map((property) => {
        const mark = property.flags & ts.SymbolFlags.Optional ? '?' : ''
        return `  ${property.name}${mark}: ${printType(checker.getTypeOfSymbol(property))}`
      })
      const index = type.getStringIndexType()
      const isPlain = index !== undefined && !(index.flags & ts.TypeFlags.Object)
      const rest = isPlain ? [`  [any other name]: ${printType(index)}`] : []
      return [name, ...fields.sort(), ...rest].join('\n')
    },
  }

  function printType(type: ts.Type, within?: string): string {
    const alias = type.aliasSymbol?.name
    if (alias !== undefined && alias !== within && declared.has(alias) && !type.aliasTypeArguments) return alias
    if (type.isUnion()) {
      const members = type.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined))
      return [...new Set(members.map((member) => printType(member)))].sort().join(' | ')
    }
    if (checker.isArrayType(type)) {
      const [element] = checker.getTypeArguments(type as ts.TypeReference)
      return element ? `(${printType(element)})[]` : '[]'
    }
    const isNamed = type.symbol !== undefined && declared.has(type.symbol.name)
    if (!isNamed && type.flags & ts.TypeFlags.Object && type.getProperties().length > 0) {
      const fields = type.getProperties().map((property) => {
        const mark = property.flags & ts.SymbolFlags.Optional ? '?' : ''
        return `${property.name}${mark}: ${printType(checker.getTypeOfSymbol(property))}`
      })
      return `{ ${fields.sort().join('; ')} }`
    }
    return checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation)
  }
}
