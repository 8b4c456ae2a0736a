import type { Token } from './tokens.js'

/** A pair of brackets with its fields: a dict, or the named arguments of a call. */
export interface Frame {
  readonly kind: 'dict' | 'call' | 'other'
  /** Offset of the opening bracket. */
  readonly start: number
  /** The called function: `connection.session.update`. */
  readonly callee: string
  /** The key, argument, or variable that the value belongs to. */
  readonly owner: string | undefined
  readonly parent: Frame | undefined
  readonly fields: Field[]
  /** The strings inside. */
  readonly texts: string[]
}

/** A field of a dict, or a named argument. */
export interface Field {
  readonly name: string
  readonly start: number
  /** Text of the value if it starts with a string, or the name if it starts with a name. */
  readonly value: string
  readonly valueStart: number
  readonly isText: boolean
}

/** Finds the dicts and calls of a file. */
export function framesOf(tokens: readonly Token[]): readonly Frame[] {
  const frames: Frame[] = []
  const stack: Frame[] = []
  for (const [at, token] of tokens.entries()) {
    const top = stack.at(-1)
    if (token.kind === 'sign' && '([{'.includes(token.text)) {
      const callee = token.text === '(' ? calleeBefore(tokens, at) : ''
      const kind = token.text === '{' ? 'dict' : callee === '' ? 'other' : 'call'
      const owner = ownerBefore(
        tokens,
        token.text === '(' && callee !== '' ? at - callee.split('.').length * 2 + 1 : at,
      )
      const frame: Frame = { kind, start: token.start, callee, owner, parent: top, fields: [], texts: [] }
      frames.push(frame)
      stack.push(frame)
    } else if (token.kind === 'sign' && ')]}'.includes(token.text)) stack.pop()
    else if (top) {
      if (token.kind === 'string') top.texts.push(token.value)
      readField(tokens, at, top)
    }
  }
  return frames
}

function readField(tokens: readonly Token[], at: number, frame: Frame): void {
  const [token, sign, value] = [tokens[at], tokens[at + 1], tokens[at + 2]]
  if (token === undefined || value === undefined) return
  const isKey = frame.kind === 'dict' && token.kind === 'string' && sign?.text === ':'
  const isArgument = frame.kind === 'call' && token.kind === 'name' && sign?.text === '=' && value.text !== '='
  if (!isKey && !isArgument) return
  const isText = value.kind === 'string'
  // The last name of a path such as `self.config` counts.
  let last = at + 2
  while (tokens[last]?.kind === 'name' && tokens[last + 1]?.text === '.' && tokens[last + 2]?.kind === 'name') last += 2
  const name = isKey ? token.value : token.text
  frame.fields.push({
    name,
    start: token.start,
    value: tokens[last]?.value ?? '',
    valueStart: value.valueStart,
    isText,
  })
}

/** Returns `a.b.c` before a bracket. */
function calleeBefore(tokens: readonly Token[], at: number): string {
  const names: string[] = []
  let index = at - 1
  while (tokens[index]?.kind === 'name') {
    names.unshift(tokens[index]?.text ?? '')
    if (tokens[index - 1]?.text !== '.') break
    index -= 2
  }
  return names.join('.')
}

/** Returns the name in `name = {`, `"name": {`, `self.name = {`, `name: Type = {`, and `event["name"] = {`. */
function ownerBefore(tokens: readonly Token[], at: number): string | undefined {
  const [before, sign] = [tokens[at - 2], tokens[at - 1]]
  if (sign?.text === ':' && before?.kind === 'string') return before.value
  if (sign?.text !== '=' || before === undefined) return undefined
  if (before.text === ']') return keyBefore(tokens, at - 2)
  // A type may be between the name and its value.
  let index = at - 2
  while (index > 0 && tokens[index]?.kind !== 'line' && tokens[index]?.text !== ':' && at - index < 20) index -= 1
  const named = tokens[index]?.text === ':' && tokens[index - 1]?.kind === 'name' ? tokens[index - 1] : before
  return named?.kind === 'name' ? named.text : undefined
}

/** Returns the text in `event["text"]`, given its closing bracket. */
function keyBefore(tokens: readonly Token[], close: number): string | undefined {
  const key = tokens[close - 1]
  return tokens[close - 2]?.text === '[' && key?.kind === 'string' ? key.value : undefined
}
