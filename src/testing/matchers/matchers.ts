import { type ConversationTurn, itemsOf, type MatcherSubject, turnsOf } from './subject.js'

/** The assertions that {@link withMatchers} adds. */
export interface RealtimeMatchers<Result = void> {
  /** The model has called a function, with these arguments if they are given. They can contain `expect.objectContaining(…)` and the like. */
  toHaveCalledTool(name: string, args?: unknown): Result
  /** The model has said or written a text that contains this one, or matches this expression. */
  toHaveSpoken(text: string | RegExp): Result
  /** A transcript or message of the user contains this text, or matches this expression. */
  toHaveHeard(text: string | RegExp): Result
  /**
   * A response was interrupted after this time of its audio, in milliseconds.
   * @param toleranceMs - Maximum difference. Defaults to 100.
   */
  toHaveBeenInterruptedAt(ms: number, toleranceMs?: number): Result
  /**
   * The conversation has this number of turns, or these turns in this order. Consecutive messages of one speaker are one turn. A text can be a part
   * of the turn.
   */
  toHaveTurns(turns: number | readonly ExpectedTurn[]): Result
}

/** A turn as {@link RealtimeMatchers.toHaveTurns} expects it. */
export interface ExpectedTurn {
  readonly role: 'user' | 'assistant'
  readonly text?: string | RegExp
}

/** The `expect` of vitest, Jest, Bun, or Playwright. */
export interface ExpectFunction {
  // biome-ignore lint/suspicious/noExplicitAny: the parameters are those of the test runner
  (...args: any[]): any
  // biome-ignore lint/suspicious/noExplicitAny: each runner has its own type of matchers
  extend(matchers: any): any
}

/** An `expect` with the matchers for sessions. */
export type ExpectWithMatchers<Expect extends ExpectFunction> = (<Subject extends MatcherSubject>(
  actual: Subject,
  message?: string,
) => ReturnType<Expect> & RealtimeMatchers & { readonly not: RealtimeMatchers }) &
  Expect

/** The part of a matcher's `this` that is used. */
interface MatcherContext {
  readonly isNot?: boolean
  equals(actual: unknown, expected: unknown): boolean
}

interface MatcherResult {
  readonly pass: boolean
  message(): string
}

/**
 * Adds matchers for sessions to the `expect` of a test runner, and returns it with their types.
 * @example
 * ```ts
 * import { expect as baseExpect } from 'vitest' // or '@jest/globals', 'bun:test', '@playwright/test'
 *
 * const expect = withMatchers(baseExpect)
 * expect(session).toHaveCalledTool('weather', { city: 'Oslo' })
 * ```
 */
export function withMatchers<Expect extends ExpectFunction>(expect: Expect): ExpectWithMatchers<Expect> {
  expect.extend(createMatchers())
  return expect as ExpectWithMatchers<Expect>
}

function createMatchers() {
  return {
    toHaveCalledTool(this: MatcherContext, subject: unknown, name: string, ...expected: unknown[]): MatcherResult {
      const calls = itemsOf(subject).flatMap(({ item }) =>
        item.type === 'function_call' ? [{ name: item.name, args: parsed(item.arguments) }] : [],
      )
      const pass = calls.some(
        (call) => call.name === name && (expected[0] === undefined || this.equals(call.args, expected[0])),
      )
      const wanted = expected[0] === undefined ? name : `${name}(${shown(expected[0])})`
      const found = calls.map((call) => `${call.name}(${shown(call.args)})`)
      return result(pass, `call ${wanted}`, 'calls', found)
    },
    toHaveSpoken(this: MatcherContext, subject: unknown, text: string | RegExp): MatcherResult {
      return spoken(subject, 'assistant', text)
    },
    toHaveHeard(this: MatcherContext, subject: unknown, text: string | RegExp): MatcherResult {
      return spoken(subject, 'user', text)
    },
    toHaveBeenInterruptedAt(this: MatcherContext, subject: unknown, ms: number, toleranceMs = 100): MatcherResult {
      const cuts = itemsOf(subject).flatMap(({ truncatedAtMs }) => (truncatedAtMs === undefined ? [] : [truncatedAtMs]))
      const pass = cuts.some((cut) => Math.abs(cut - ms) <= toleranceMs)
      const found = cuts.map((cut) => `${cut} ms`)
      return result(pass, `be interrupted at ${ms} ms (± ${toleranceMs} ms)`, 'interruptions', found)
    },
    toHaveTurns(this: MatcherContext, subject: unknown, expected: number | readonly ExpectedTurn[]): MatcherResult {
      const turns = turnsOf(itemsOf(subject))
      const found = turns.map(({ role, text }) => `${role}: ${text}`)
      if (typeof expected === 'number')
        return result(turns.length === expected, `have ${expected} turns`, 'turns', found)
      const pass = turns.length === expected.length && expected.every((turn, index) => isTurn(turns[index], turn))
      const wanted = expected.map(({ role, text }) => (text === undefined ? role : `${role}: ${String(text)}`))
      return result(pass, `have the turns ${listed(wanted)}`, 'turns', found)
    },
  }
}

function spoken(subject: unknown, role: 'user' | 'assistant', text: string | RegExp): MatcherResult {
  const found = turnsOf(itemsOf(subject))
    .filter((turn) => turn.role === role)
    .map((turn) => turn.text)
  const pass = found.some((turn) => contains(turn, text))
  const verb = role === 'assistant' ? 'say' : 'hear'
  return result(pass, `${verb} ${text instanceof RegExp ? String(text) : shown(text)}`, 'turns', found)
}

function isTurn(actual: ConversationTurn | undefined, { role, text }: ExpectedTurn): boolean {
  return actual?.role === role && (text === undefined || contains(actual.text, text))
}

/** Returns whether a text contains another one, without regard to white space, or matches an expression. */
function contains(text: string, part: string | RegExp): boolean {
  if (typeof part === 'string') return joinedWords(text).includes(joinedWords(part))
  // An expression with the flag `g` remembers where the last match ended.
  return new RegExp(part.source, part.flags.replace(/[gy]/g, '')).test(text)
}

function joinedWords(text: string): string {
  return text.trim().replace(/\s+/g, ' ')
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

function result(pass: boolean, expectation: string, kind: string, found: readonly string[]): MatcherResult {
  const list = found.length === 0 ? `There were no ${kind}.` : `The ${kind}: ${listed(found)}.`
  return { pass, message: () => `Expected the session ${pass ? 'not ' : ''}to ${expectation}. ${list}` }
}

function listed(texts: readonly string[]): string {
  return texts.map((text) => `[${text}]`).join(' ')
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}
