import type { Clock, RealtimeSession, ResponseHandle } from 'realtime-primitives'
import { decodeBase64 } from 'realtime-primitives/audio'
import type { Floor } from './caller.js'
import type { Screen } from './screen.js'
import type { Speaker } from './speaker.js'

/** What a conversation amounted to. */
export interface Tally {
  turns: number
  playedMs: number
  interruptions: number
  toolCalls: number
  failures: number
  /** Time from the end of each turn to the first audio of its response, in milliseconds. */
  readonly latenciesMs: number[]
}

export interface ConversationOptions {
  readonly session: RealtimeSession
  readonly speaker: Speaker
  readonly screen: Screen
  readonly clock: Clock
  /** The turn whose response the caller interrupts. */
  readonly interrupt: number | undefined
  readonly tools: Readonly<Record<string, (args: unknown) => unknown>>
}

const noAnswerMs = 5_000
const interruptAfterMs = 1_000

/** Shows a session, plays its responses, runs its tools, and signals when the caller may speak. */
export function holdConversation(options: ConversationOptions): { floor: Floor; tally: Tally } {
  const { session, speaker, screen, clock, interrupt, tools } = options
  const tally: Tally = { turns: 0, playedMs: 0, interruptions: 0, toolCalls: 0, failures: 0, latenciesMs: [] }
  let turnEndedAt = 0
  let speechStartMs = 0
  let followed = 0
  let answering: Promise<unknown> | undefined
  let giveFloor = () => {}

  session.on('input_audio_buffer.speech_started', ({ audio_start_ms }) => {
    speechStartMs = audio_start_ms ?? 0
    screen.line('caller', '● speaks')
  })

  // The session has already truncated the item on the server. The app only has to stop its speaker.
  session.on('interrupted', ({ played }) => {
    tally.interruptions += 1
    screen.line('caller', `✋ interrupts after ${((played?.playedMs ?? 0) / 1000).toFixed(1)} s`)
    speaker.stop()
  })

  session.on('input_audio_buffer.speech_stopped', ({ audio_end_ms }) => {
    tally.turns += 1
    const speechMs = (audio_end_ms ?? speechStartMs) - speechStartMs
    tally.playedMs += speechMs
    turnEndedAt = clock.now()
    speaker.placeAt(speechStartMs)
    screen.line('caller', `○ turn ${tally.turns}, ${(speechMs / 1000).toFixed(1)} s`)
    answering = new Promise<void>((resolve) => {
      giveFloor = resolve
    })
    // A turn without a response must not block the conversation.
    const turn = tally.turns
    clock.after(noAnswerMs, () => {
      if (tally.turns === turn && followed < turn) giveFloor()
    })
  })

  session.on('response', (handle) => {
    followed = tally.turns
    const done = giveFloor
    follow(handle, tally.turns, done).catch((error: Error) => {
      tally.failures += 1
      screen.line('session', error.message)
      done()
    })
  })

  session.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => {
    screen.line('caller', `“${transcript.trim()}”`)
  })

  session.on('response.output_audio.delta', ({ item_id, delta }) => {
    if (tally.latenciesMs.length < tally.turns) tally.latenciesMs.push(clock.now() - turnEndedAt)
    speaker.play(item_id, decodeBase64(delta))
  })

  session.on('response.output_audio_transcript.delta', ({ item_id, delta }) =>
    screen.words('assistant', item_id, delta),
  )

  session.on('error', ({ error }) => {
    tally.failures += 1
    screen.line('session', `error ${error.code ?? error.type}: ${error.message}`)
  })

  async function follow(handle: ResponseHandle, turn: number, done: () => void): Promise<void> {
    if (turn === interrupt) void talkOver(done)
    const outcome = await handle.done
    if (outcome.status === 'completed') {
      const calls = outcome.response.output.filter((item) => item.type === 'function_call')
      for (const call of calls) await runTool(call.name, call.call_id, call.arguments)
      if (calls.length > 0) {
        await follow(session.respond(), turn, done)
        return
      }
    } else if (outcome.status === 'failed' || outcome.status === 'rejected') {
      tally.failures += 1
      screen.line('session', outcome.error.message)
    }
    await speaker.drained()
    done()
  }

  async function talkOver(done: () => void): Promise<void> {
    for (let waited = 0; waited < noAnswerMs && speaker.playedMs < interruptAfterMs; waited += 50)
      await new Promise<void>((resolve) => clock.after(50, resolve))
    done()
  }

  async function runTool(name: string, callId: string, args: string): Promise<void> {
    tally.toolCalls += 1
    let output: unknown
    try {
      const run = Object.hasOwn(tools, name) ? tools[name] : undefined
      output = run ? run(JSON.parse(args)) : { error: `there is no tool ${name}` }
    } catch (error) {
      output = { error: (error as Error).message }
    }
    const text = JSON.stringify(output)
    screen.line('tool', `${name}(${args}) → ${text}`)
    await session.items.create({ type: 'function_call_output', call_id: callId, output: text })
  }

  return {
    tally,
    floor: {
      free: async () => {
        await answering
      },
    },
  }
}
