import type { ConversationItem } from '../../../src/protocol/items.js'
import { mcpCall } from '../../../src/testing/emulator/mcp/mcp-call-step.js'
import { call, fail, reply, type Step, silence } from '../../../src/testing/emulator/script.js'
import type { Turn } from '../../../src/testing/emulator/turn.js'
import { hashText } from '../random.js'

/** The emulator's own view of a session, read by a response that the client never sees. */
export interface ServerView {
  readonly items: readonly ConversationItem[]
  readonly session: Turn['session']
}

/** How long a slow response has no output, in milliseconds. */
const slowMs = 7_000

/** Metadata of the response that reads the view. */
export const probeMetadata = { probe: 'simulation' }

/**
 * The model of the simulation. The last text of the user decides what it does: `say …` replies, `call a b` calls tools, `fail` fails after
 * some words, `consult a` lets the server call a tool, `story` replies in several sentences, `talk` in many, `loop a` calls a tool in each response that may, `wait` is silent until it is cancelled, and `empty` completes without output. Each command is followed once: later responses
 * to the same text are short replies.
 * @param onTurn Called with each turn before the model decides.
 */
export function createModel(onTurn: (turn: Turn) => void) {
  let view: ServerView | undefined
  let replies = 0
  let isSlow = false
  const followed = new Set<string>()

  function decide(turn: Turn): Step | readonly Step[] {
    if (turn.params.metadata?.probe === probeMetadata.probe) {
      view = structuredClone({ items: turn.input, session: turn.session })
      return silence()
    }
    onTurn(turn)
    const [command, _number, ...names] = turn.text.split(' ')
    replies += 1
    if (isSlow) {
      isSlow = false
      return [silence(slowMs), reply(`Late reply ${replies}.`)]
    }
    const isNew = !followed.has(turn.text) || (command === 'loop' && turn.params.tool_choice !== 'none')
    followed.add(turn.text)
    switch (isNew ? command : undefined) {
      case 'call':
      case 'loop':
        return names.map((name) => call(name, { n: replies }))
      case 'tell':
        return [reply(`Wait, reply ${replies}.`), ...names.map((name) => call(name, { n: replies }))]
      case 'consult':
        return names.map((name) => mcpCall('docs', name, { n: replies }))
      case 'story':
        return reply(`Story ${replies}. One is here. Two is there. Three is gone.`)
      case 'talk':
        return reply(`Talk ${replies}. ${'It goes on and on. '.repeat(10)}`.trim())
      case 'fail':
        return [reply(`Half of reply ${replies}`), fail({ code: 'simulated' })]
      case 'wait':
        return [reply(`Then reply ${replies}.`), silence(Number.POSITIVE_INFINITY)]
      case 'empty':
        return silence(names.length)
      default:
        return reply(command === 'say' ? `Reply ${replies} ${names.join(' ')}. And more.` : `Reply ${replies}.`)
    }
  }

  return {
    decide,
    /** The next response has no output for some seconds. */
    slowDown() {
      isSlow = true
    },
    /** Ends `slowDown`. */
    calm() {
      isSlow = false
    },
    /** Returns the view that the last probe has read. */
    takeView(): ServerView | undefined {
      const taken = view
      view = undefined
      return taken
    },
  }
}

/** Returns the audio of a text: 40 ms per word, with a level that depends on the text. */
export function createVoice(seed: number): (text: string) => Int16Array {
  return (text) => new Int16Array(960 * text.split(' ').length).fill(hashText(`${seed}:${text}`) % 2_000)
}
