import { type McpCall, mcpCall } from './mcp/mcp-call-step.js'
import { type Call, call, type Failure, fail, reply, type ScriptCondition, type Step, silence } from './script.js'
import type { Turn } from './turn.js'
import {
  anyObject,
  anyText,
  callback,
  choose,
  converted,
  integer,
  isPlainObject,
  list,
  type OptionSchema,
  object,
  oneOf,
  optional,
  text,
  unbounded,
  value,
  withKeys,
} from './validation/schema.js'

/** A validated script. */
export interface ParsedScript {
  /** The rules, in order of the script. */
  readonly rules: readonly ParsedRule[]
  /** The responses that are used in order. */
  readonly sequence: readonly (readonly Step[])[]
  /** Decides all responses, if the script is a function. */
  readonly decide: ((turn: Turn) => unknown) | undefined
  /** Transcripts of the spoken turns, in order. `undefined` if the script has none. */
  readonly transcripts: readonly (string | Failure)[] | undefined
}

/** A validated rule. */
export interface ParsedRule {
  readonly when: ParsedCondition | ((turn: Turn) => boolean)
  readonly respond: readonly Step[] | ((turn: Turn) => unknown)
  readonly times?: number | undefined
}

/** A validated condition. */
export interface ParsedCondition extends Pick<ScriptCondition, 'turn' | 'session' | 'metadata'> {
  readonly text?: string | RegExp | undefined
  readonly pattern?: RegExp | undefined
  readonly toolResult?:
    | { readonly name?: string | undefined; readonly output?: string | RegExp | undefined }
    | undefined
}

const isText = (input: unknown): input is string => typeof input === 'string'

const textOrExpression = value<string | RegExp>(
  'text, or a regular expression',
  (input) => (isText(input) && input !== '') || input instanceof RegExp,
)

const failureFields = object<NonNullable<Parameters<typeof fail>[0]>>({
  type: optional(text),
  code: optional(value<string | null>('text, or null', (input) => isText(input) || input === null)),
  message: optional(anyText),
})

const failure = converted(
  object<{ error?: Parameters<typeof fail>[0] }>({ step: oneOf(['fail']), error: optional(failureFields) }),
  ({ error }): Failure => fail(error),
)

/** The schemas of all steps, by name. */
const stepSchemas: { readonly [Name in Step['step']]: OptionSchema<Step> } = {
  reply: object({
    step: text,
    text: anyText,
    audio: optional(value('an Int16Array', (input) => input instanceof Int16Array)),
    phase: optional(oneOf(['commentary', 'final_answer'])),
  }),
  call: converted(
    object<Omit<Call, 'arguments'> & { arguments?: string | object }>({
      step: text,
      name: text,
      arguments: optional(value('an object, or text', (input) => isText(input) || isPlainObject(input))),
      callId: optional(text),
    }),
    ({ name, arguments: args, callId }) => call(name, args, callId === undefined ? {} : { callId }),
  ),
  fail: failure,
  silence: converted(
    object<{ ms?: number }>({ step: text, ms: optional(unbounded(0, 'allowed', 'milliseconds')) }),
    ({ ms }) => silence(ms),
  ),
  mcp_call: converted(
    object<Pick<McpCall, 'server' | 'name'> & { arguments?: string | object }>({
      step: text,
      server: text,
      name: text,
      arguments: optional(value('an object, or text', (input) => isText(input) || isPlainObject(input))),
    }),
    ({ server, name, arguments: args }) => mcpCall(server, name, args),
  ),
}

const stepNames = Object.keys(stepSchemas) as Step['step'][]
const textReply = converted(anyText, (words) => reply(words))
const namedStep = withKeys<Step>({ step: oneOf(stepNames) })

const step = choose<Step>(`text, or an object with the step ${stepNames.join(', ')}`, (input) => {
  if (isText(input)) return textReply
  if (!isPlainObject(input)) return undefined
  const name = input.step
  return isText(name) && Object.hasOwn(stepSchemas, name) ? stepSchemas[name as Step['step']] : namedStep
})

const steps = list(step)
const oneStep = converted(step, (only): readonly Step[] => [only])

/** The steps of one response. */
export const response = choose<readonly Step[]>('text, a step, or a list of steps', (input) =>
  Array.isArray(input) ? steps : isText(input) || isPlainObject(input) ? oneStep : undefined,
)

const expression = converted(
  value<string>('a regular expression, as text', (input) => isText(input) && input !== '' && isExpression(input)),
  (source) => new RegExp(source, 'iu'),
)

function isExpression(source: string): boolean {
  try {
    return new RegExp(source, 'iu') instanceof RegExp
  } catch {
    return false
  }
}

const toolResult = choose('the name of a tool, or an object with name and output', (input) => {
  if (isText(input) && input !== '') return converted(text, (name) => ({ name }))
  return isPlainObject(input) ? object({ name: optional(text), output: optional(textOrExpression) }) : undefined
})

const condition = object<ParsedCondition>({
  text: optional(textOrExpression),
  pattern: optional(expression),
  toolResult: optional(toolResult),
  turn: optional(integer(1)),
  session: optional(anyObject),
  metadata: optional(anyObject),
})

const anyFunction = callback<(turn: Turn) => never>('a function')

const rule = object<ParsedRule>({
  when: choose('an object with a condition, or a function', (input) =>
    typeof input === 'function' ? anyFunction : isPlainObject(input) ? condition : undefined,
  ),
  respond: choose('text, a step, a list of steps, or a function', (input) =>
    typeof input === 'function' ? anyFunction : input === undefined ? undefined : response,
  ),
  times: optional(unbounded(1)),
})

const isRule = (input: unknown) => isPlainObject(input) && ('when' in input || 'respond' in input)
const markedRule = converted(rule, (parsed) => ({ rule: parsed }))
const markedResponse = converted(response, (parsed) => ({ response: parsed }))

type Entry = { readonly rule: ParsedRule } | { readonly response: readonly Step[] }

const entries = list(
  choose<Entry>('text, a step, a list of steps, or a rule with when and respond', (input) =>
    isRule(input) ? markedRule : input === undefined || input === null ? undefined : markedResponse,
  ),
)

const responses = choose<Omit<ParsedScript, 'transcripts'>>('a list, or a function', (input) => {
  if (typeof input === 'function') {
    return converted(anyFunction, (decide) => ({ rules: [], sequence: [], decide }))
  }
  return Array.isArray(input) ? parsedEntries : undefined
})

const parsedEntries = converted(entries, (all) => ({
  rules: all.flatMap((entry) => ('rule' in entry ? [entry.rule] : [])),
  sequence: all.flatMap((entry) => ('response' in entry ? [entry.response] : [])),
  decide: undefined,
}))

/** The transcripts of spoken turns. */
export const transcripts = list(
  choose<string | Failure>('text, or an object with the step fail', (input) =>
    isText(input) ? anyText : isPlainObject(input) ? failure : undefined,
  ),
)

const fullScript = converted(
  object<{ responses?: Omit<ParsedScript, 'transcripts'>; transcripts?: ParsedScript['transcripts'] }>({
    responses: optional(responses),
    transcripts: optional(transcripts),
  }),
  ({ responses: parsed, transcripts: spoken }): ParsedScript => ({
    ...(parsed ?? { rules: [], sequence: [], decide: undefined }),
    transcripts: spoken,
  }),
)

/** A script: a list, a function, or an object with responses and transcripts. */
export const script = choose<ParsedScript>(
  'a list, a function, or an object with responses and transcripts',
  (input) =>
    isPlainObject(input)
      ? Object.keys(input).length > 0
        ? fullScript
        : undefined
      : converted(responses, (parsed): ParsedScript => ({ ...parsed, transcripts: undefined })),
)
