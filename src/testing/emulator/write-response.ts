import type { McpCall } from './mcp/mcp-call-step.js'
import type { McpCalls } from './mcp/mcp-calls.js'
import type { CallableMcpTool } from './mcp/mcp-tools.js'
import { writeMcpCall } from './mcp/write-mcp-call.js'
import type { PcmAudio } from './pcm-audio.js'
import type { ResponseWriter, TimedGenerator } from './response-writer.js'
import { type Failure, fail, type Step } from './script.js'
import { writeCall } from './write-call.js'
import { writeMessage } from './write-message.js'

/** The final status of a response. */
export type Outcome =
  | { readonly status: 'completed' }
  | { readonly status: 'cancelled'; readonly reason: 'turn_detected' | 'client_cancelled' }
  | { readonly status: 'incomplete'; readonly reason: 'max_output_tokens' }
  | { readonly status: 'failed'; readonly error: Failure['error'] }

/** The content and timing of a response. */
export interface ResponsePlan {
  readonly steps: readonly Step[]
  /** Delay before the first output, in milliseconds. */
  readonly latencyMs: number
  /** Returns the audio of a text. `undefined` for a text response. */
  readonly speak: ((text: string) => PcmAudio) | undefined
  /** Whether messages have a `phase`. */
  readonly marksPhase: boolean
  /** Whether a function call starts before the message in front of it is complete. */
  readonly interleaves: boolean
  /** Returns the tool of an MCP call, or why the model cannot call it. */
  readonly findMcpTool: (call: McpCall) => CallableMcpTool | { readonly problem: string }
  /** Runs MCP calls. */
  readonly mcpCalls: McpCalls
}

/** Writes the output of a response, step by step. */
export function* writeResponse(
  writer: ResponseWriter,
  { steps, latencyMs, speak, marksPhase, interleaves, findMcpTool, mcpCalls }: ResponsePlan,
): TimedGenerator<Outcome> {
  yield writer.now() + latencyMs
  for (const [index, step] of steps.entries()) {
    if (step.step === 'fail') return { status: 'failed', error: step.error }
    if (step.step === 'silence') {
      yield writer.now() + step.ms
      continue
    }
    if (step.step === 'call') {
      if (!(yield* writeCall(writer, step))) return { status: 'incomplete', reason: 'max_output_tokens' }
      continue
    }
    if (step.step === 'mcp_call') {
      const callable = findMcpTool(step)
      if ('problem' in callable) return cannotCall(step, callable.problem)
      const isWhole = yield* writeMcpCall(writer, step, { callable, calls: mcpCalls })
      if (!isWhole) return { status: 'incomplete', reason: 'max_output_tokens' }
      continue
    }
    const audio = speak && (step.audio ? { pcm: step.audio, rate: 24_000 } : speak(step.text))
    const isLast = steps.slice(index + 1).every(({ step }) => step === 'silence' || step === 'fail')
    const phase = step.phase ?? (marksPhase ? (isLast ? 'final_answer' : 'commentary') : undefined)
    const next = steps[index + 1]?.step
    const staysOpen = interleaves && (next === 'call' || next === 'mcp_call')
    if (!(yield* writeMessage(writer, { text: step.text, audio, phase, staysOpen }))) {
      return { status: 'incomplete', reason: 'max_output_tokens' }
    }
  }
  return { status: 'completed' }
}

function cannotCall({ name }: McpCall, problem: string): Outcome {
  const message = `The script of the emulator calls the MCP tool "${name}", but ${problem}.`
  return { status: 'failed', error: fail({ code: 'script_error', message }).error }
}

/**
 * Runs a generator on a clock until it returns, throws, or is stopped.
 * @param after - Schedules a callback in milliseconds and returns a function that cancels it.
 * @returns A function that stops the generator. Its `finally` blocks run at once, and `onEnd` is not called.
 */
export function runTimed<Result>(
  production: TimedGenerator<Result>,
  { now, after }: { now(): number; after(ms: number, callback: () => void): () => void },
  onEnd: (result: { readonly outcome: Result } | { readonly error: unknown }) => void,
): () => void {
  let cancel = () => {}
  let isStopped = false

  function go(): void {
    for (;;) {
      const next = attempt(production)
      if (isStopped) return
      if ('error' in next || next.done) {
        onEnd('error' in next ? next : { outcome: next.value })
        return
      }
      if (next.value > now()) {
        cancel = after(next.value - now(), go)
        return
      }
    }
  }

  go()
  return () => {
    isStopped = true
    cancel()
    production.return(undefined as never)
  }
}

function attempt<Result>(
  production: TimedGenerator<Result>,
): IteratorResult<number, Result> | { readonly error: unknown } {
  try {
    return production.next()
  } catch (error) {
    return { error }
  }
}
