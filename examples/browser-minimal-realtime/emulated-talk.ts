import { call, type EmulatorOptions, reply, type Step, type Turn } from 'realtime-primitives/testing'

const answers = [
  'This is your own voice. The emulator detects when you speak, but it does not understand words.',
  'Interrupt me: speak, or press Escape. The caption then marks where I was cut off.',
  'The timeline lists every event of this call. Open one, or filter them by name.',
  'To talk to a model, run "npx realtime-primitives play" with OPENAI_API_KEY.',
]

/** Options of the emulator for the page. It plays the user's own audio back with a text that explains it, and calls the tools of the session. */
export function emulatedTalk(): EmulatorOptions {
  return { hear: ({ durationMs }) => `(${(durationMs / 1000).toFixed(1)} seconds of speech)`, script, latencyMs: 250 }
}

function script(turn: Turn): Step | undefined {
  const { input, text, audio, index } = turn
  const last = input.at(-1)
  if (last?.type === 'function_call_output') return reply(`The tool returned ${last.output}.`)
  const tool = toolFor(turn)
  if (tool) return call(tool.name, sampleOf(tool.parameters))
  if (audio) return reply(answers[index % answers.length] ?? '')
  return reply(`You wrote: ${text}`)
}

interface FunctionTool {
  readonly name: string
  readonly parameters?: unknown
}

/** Returns the tool that the text names, or the first tool that the conversation has not called. */
function toolFor({ session, input, text }: Turn): FunctionTool | undefined {
  const tools = (session.tools ?? []).flatMap((tool) =>
    tool.type === 'function' && tool.name !== undefined ? [tool as FunctionTool] : [],
  )
  const called = new Set(input.flatMap((item) => (item.type === 'function_call' ? [item.name] : [])))
  return tools.find(({ name }) => text.includes(name)) ?? tools.find(({ name }) => !called.has(name))
}

interface Schema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
}

/** Returns arguments that match simple JSON schemas. */
function sampleOf(schema: unknown): Record<string, unknown> {
  const { properties = {} } = (schema ?? {}) as Schema
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, sampleValue(name, property)]))
}

function sampleValue(name: string, { type, enum: values, properties }: Schema): unknown {
  if (values) return values[0]
  if (type === 'number' || type === 'integer') return 1
  if (type === 'boolean') return true
  if (type === 'array') return []
  return type === 'object' ? sampleOf({ properties }) : name
}
