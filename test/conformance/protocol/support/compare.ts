import type { Named } from './oracle.js'
import type { Field, ObjectShape, Shape } from './shapes.js'

/** Which way a shape crosses the wire: we are strict in what we send and open in what we receive. */
export type Direction = 'sent' | 'received'

/** Collects how our shape differs from the document's; what both rules of a direction expect is no difference. */
export function compare(
  ours: Shape,
  theirs: Shape,
  path: string,
  direction: Direction,
  tell: (fact: string) => void,
): void {
  const reportFact = (fact: string) => tell(`${direction} ${path}: ${fact}`)
  if (theirs.isNullable && !ours.isNullable) reportFact('null only in the document')
  compareText(ours, theirs, path, direction, reportFact)
  compareNumber(ours, theirs, reportFact)
  if (ours.boolean !== theirs.boolean) reportFact(`boolean only ${ours.boolean ? 'here' : 'in the document'}`)
  if (ours.array && theirs.array) compare(ours.array, theirs.array, `${path}[]`, direction, tell)
  else if (ours.array ?? theirs.array) reportFact(`array only ${ours.array ? 'here' : 'in the document'}`)
  // Objects that the document leaves undeclared are told apart from declared ones by their fields alone.
  if (ours.isAnything !== theirs.isAnything)
    reportFact(`undeclared object only ${ours.isAnything ? 'here' : 'in the document'}`)
  for (const [mine, official] of pair(ours.objects, theirs.objects, reportFact))
    compareObjects(mine, official, official.component ?? path, direction, tell)
}

function compareText(
  ours: Shape,
  theirs: Shape,
  path: string,
  direction: Direction,
  reportFact: (fact: string) => void,
): void {
  if (!ours.text || !theirs.text) {
    if (ours.text ?? theirs.text) reportFact(`text only ${ours.text ? 'here' : 'in the document'}`)
    return
  }
  const mine = ours.text.known
  const official = theirs.text.known
  for (const value of official) if (!mine.has(value)) reportFact(`"${value}" only in the document`)
  for (const value of mine) if (!official.has(value)) reportFact(`"${value}" only here`)
  const isDiscriminator = /\.(type|role)$/.test(path)
  if (direction === 'received' && !ours.text.isOpen && !isDiscriminator) reportFact('closed here')
  if (direction === 'sent' && ours.text.isOpen !== theirs.text.isOpen)
    reportFact(`open only ${ours.text.isOpen ? 'here' : 'in the document'}`)
}

function compareNumber(ours: Shape, theirs: Shape, reportFact: (fact: string) => void): void {
  const print = ({ number }: Shape) => (number instanceof Set ? [...number].join() : number ? 'any' : 'none')
  if (print(ours) !== print(theirs)) reportFact(`number is ${print(ours)} here and ${print(theirs)} in the document`)
}

function compareObjects(
  ours: ObjectShape,
  theirs: ObjectShape,
  path: string,
  direction: Direction,
  tell: (fact: string) => void,
): void {
  for (const key of new Set([...ours.fields.keys(), ...theirs.fields.keys()])) {
    const mine = ours.fields.get(key)
    const official = theirs.fields.get(key)
    const reportFact = (fact: string) => tell(`${direction} ${path}.${key}: ${fact}`)
    if (!mine) reportFact('field only in the document')
    else if (!official) reportFact('field only here')
    else {
      if (mine.isRequired !== official.isRequired)
        reportFact(`required only ${mine.isRequired ? 'here' : 'in the document'}`)
      // The rule of receipt: what may be absent may be null.
      const mayBeNull = direction === 'received' && !mine.isRequired
      if (mine.shape.isNullable && !official.shape.isNullable && !mayBeNull) reportFact('null only here')
      compare(mine.shape, official.shape, `${path}.${key}`, direction, tell)
    }
  }
}

/** Pairs objects by what tells them apart; when the two sides cut differently, each side is taken as one object. */
function pair(
  ours: readonly ObjectShape[],
  theirs: readonly Named<ObjectShape>[],
  reportFact: (fact: string) => void,
): [ObjectShape, Named<ObjectShape>][] {
  if (ours.length === 0 || theirs.length === 0) {
    if (ours.length + theirs.length > 0) reportFact(`object only ${ours.length > 0 ? 'here' : 'in the document'}`)
    return []
  }
  if (ours.length === 1 && theirs.length === 1) return [[merge(ours), theirs[0] ?? merge(theirs)]]
  const official = new Map(theirs.map((object) => [identity(object), object]))
  const mine = new Map(ours.map((object) => [identity(object), object]))
  const isSameCut = mine.size === ours.length && official.size === theirs.length
  if (!isSameCut || ours.length === 1 || theirs.length === 1) return [[merge(ours), merge(theirs)]]
  for (const key of mine.keys()) if (!official.has(key)) reportFact(`variant ${key} only here`)
  return [...official].flatMap(([key, object]): [ObjectShape, Named<ObjectShape>][] => {
    const match = mine.get(key)
    if (!match) reportFact(`variant ${key} only in the document`)
    return match ? [[match, object]] : []
  })
}

function identity({ fields }: ObjectShape): string {
  const parts = ['type', 'role'].map((key) => [...(fields.get(key)?.shape.text?.known ?? [])].sort().join('|'))
  return parts.filter((part) => part !== '').join(' ')
}

function merge(objects: readonly ObjectShape[]): ObjectShape {
  const fields = new Map<string, Field>()
  for (const key of new Set(objects.flatMap((object) => [...object.fields.keys()]))) {
    const found = objects.flatMap((object) => object.fields.get(key) ?? [])
    const isRequired = found.length === objects.length && found.every((field) => field.isRequired)
    fields.set(key, { isRequired, shape: mergeShapes(found.map(({ shape }) => shape)) })
  }
  return { fields }
}

function mergeShapes(shapes: readonly Shape[]): Shape {
  const merged: Shape = {
    isNullable: shapes.some((shape) => shape.isNullable),
    objects: shapes.flatMap(({ objects }) => objects),
  }
  const texts = shapes.flatMap(({ text }) => text ?? [])
  if (texts.length > 0)
    merged.text = {
      known: new Set(texts.flatMap(({ known }) => [...known])),
      isOpen: texts.some(({ isOpen }) => isOpen),
    }
  const numbers = shapes.flatMap(({ number }) => number ?? [])
  if (numbers.length > 0) merged.number = numbers[0] ?? true
  if (shapes.some(({ boolean }) => boolean)) merged.boolean = true
  const arrays = shapes.flatMap(({ array }) => array ?? [])
  if (arrays.length > 0) merged.array = mergeShapes(arrays)
  if (shapes.some(({ isAnything }) => isAnything)) merged.isAnything = true
  return merged
}
