import { type SessionConfigInput, type Tool, tool } from 'realtime-primitives'
import { find } from './dom.js'

/** What the agent of the next call is like. */
export interface AgentSettings {
  readonly config: SessionConfigInput
  readonly tools: readonly Tool[]
}

/** How the server detects the end of a turn. */
const turnDetections = {
  server_vad: { type: 'server_vad' },
  'server_vad-patient': { type: 'server_vad', silence_duration_ms: 1_000 },
  semantic_vad: { type: 'semantic_vad' },
  'semantic_vad-high': { type: 'semantic_vad', eagerness: 'high' },
} as const

/** A tool as users write it. `result` is what the page returns for every call. */
interface WrittenTool {
  readonly name: string
  readonly description?: string
  readonly parameters?: Record<string, unknown>
  readonly result?: unknown
}

/**
 * Reads the settings of the page.
 * @throws an error whose message is for users, if the tools are not valid
 */
export function readAgent(): AgentSettings {
  const instructions = find('instructions', HTMLTextAreaElement).value.trim()
  const voice = find('voice', HTMLSelectElement).value
  return {
    config: {
      ...(instructions !== '' && { instructions }),
      ...(voice !== '' && { audio: { output: { voice } } }),
    },
    tools: readTools(find('tools', HTMLTextAreaElement).value).map(({ name, description, parameters, result }) =>
      tool({
        name,
        ...(description !== undefined && { description }),
        ...(parameters !== undefined && { parameters }),
        execute: () => result ?? 'done',
      }),
    ),
  }
}

/** Returns the turn detection that is chosen for turns of the server. */
export function readTurnDetection() {
  const { value } = find('detection', HTMLSelectElement)
  return turnDetections[value as keyof typeof turnDetections] ?? turnDetections.server_vad
}

function readTools(text: string): readonly WrittenTool[] {
  if (text.trim() === '') return []
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('The tools are not valid JSON. Correct them, then connect again.')
  }
  const list = Array.isArray(value) ? value : [value]
  const isTool = (entry: unknown) => typeof (entry as Partial<WrittenTool> | null)?.name === 'string'
  if (!list.every(isTool)) throw new Error('Each tool needs a name. Correct them, then connect again.')
  return list
}

/** Returns a program that opens the same session. */
export function codeFor(config: SessionConfigInput, tools: readonly WrittenTool[], model: string): string {
  const imports = ['createSession', ...(tools.length > 0 ? ['runTools', 'tool'] : []), 'webSocket']
  const toolCode = tools.map(({ result, ...options }) => {
    const fields = Object.entries(options).map(([key, value]) => `${key}: ${indent(value)},`)
    return `  tool({\n    ${[...fields, `execute: async () => (${indent(result ?? 'done')}),`].join('\n    ')}\n  }),\n`
  })
  return `import { ${imports.join(', ')} } from 'realtime-primitives'

const session = createSession({
  transport: webSocket({ apiKey: process.env.OPENAI_API_KEY ?? '', model: '${model}' }),
  config: ${JSON.stringify(config, undefined, 2).replaceAll('\n', '\n  ')},
})
${tools.length > 0 ? `runTools(session, [\n${toolCode.join('')}])\n` : ''}await session.connect()
`
}

function indent(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replaceAll('\n', '\n    ')
}

/** Returns the tools as they are written, for {@link codeFor}. */
export function writtenTools(): readonly WrittenTool[] {
  return readTools(find('tools', HTMLTextAreaElement).value)
}
