import type { Clock } from 'realtime-primitives'

/** Output of the conversation: one line per event, and text as it arrives. */
export interface Screen {
  /** A line of its own, with the time. */
  line(who: Who, text: string): void
  /** Writes text of an item as it arrives. Text of the same item continues the line. */
  words(who: Who, itemId: string, text: string): void
  plain(text: string): void
}

export type Who = 'caller' | 'assistant' | 'tool' | 'session'

const colours: Record<Who, number> = { caller: 36, assistant: 32, tool: 33, session: 90 }

export function createScreen(clock: Clock, out: NodeJS.WriteStream = process.stdout): Screen {
  const startMs = clock.now()
  const hasColour = out.isTTY === true && process.env.NO_COLOR === undefined
  let openItem: string | undefined

  function head(who: Who): string {
    const seconds = ((clock.now() - startMs) / 1000).toFixed(1).padStart(6)
    const name = who.padEnd(10)
    return `${seconds} s  ${hasColour ? `\u001b[${colours[who]}m${name}\u001b[0m` : name}`
  }

  function endLine(): void {
    if (openItem !== undefined) out.write('\n')
    openItem = undefined
  }

  return {
    line(who, text) {
      endLine()
      out.write(`${head(who)} ${text}\n`)
    },
    words(who, itemId, text) {
      if (openItem !== itemId) {
        endLine()
        out.write(`${head(who)} `)
        openItem = itemId
      }
      out.write(text)
    },
    plain(text) {
      endLine()
      out.write(`${text}\n`)
    },
  }
}
