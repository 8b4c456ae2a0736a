import type { ResponseError } from '../../protocol/response.js'

/** Something that the emulated model does in a response. */
export type Step = Reply | Call | Failure | Silence

/** A message; spoken or written, as the response asks. */
export interface Reply {
  readonly step: 'reply'
  readonly text: string
  /** What is heard, mono 16-bit at 24 kHz; without it the voice of the emulator speaks. */
  readonly audio?: Int16Array
  /** As gpt-realtime-2.1 marks its messages. */
  readonly phase?: 'commentary' | 'final_answer'
}

/** A function call. */
export interface Call {
  readonly step: 'call'
  readonly name: string
  /** JSON text. */
  readonly arguments: string
  /** Without it the emulator makes one. */
  readonly callId?: string
}

/** The end of the response, as failed. Given by `hear`, the failure of a transcription. */
export interface Failure {
  readonly step: 'fail'
  readonly error: Required<Pick<ResponseError, 'type' | 'message'>> & { readonly code: string | null }
}

/** A pause without output. */
export interface Silence {
  readonly step: 'silence'
  /** Milliseconds on the emulator's clock; not made shorter by `pace`. */
  readonly ms: number
}

/** The answer is a message. */
export function reply(text: string, options: Pick<Reply, 'audio' | 'phase'> = {}): Reply {
  return { step: 'reply', text, ...options }
}

/**
 * The answer is a call of a function.
 * @param args an object, which is sent as JSON; or text, which is sent as it is, also when it is no JSON
 */
export function call(name: string, args: object | string = {}, options: Pick<Call, 'callId'> = {}): Call {
  return { step: 'call', name, arguments: typeof args === 'string' ? args : JSON.stringify(args), ...options }
}

/** The response fails: at once, or after the steps before it in the same list. */
export function fail(error: { type?: string; code?: string | null; message?: string } = {}): Failure {
  const {
    type = 'server_error',
    code = null,
    message = 'The server had an error while processing your request.',
  } = error
  return { step: 'fail', error: { type, code, message } }
}

/**
 * The response makes no output for a time; alone, it then completes with none. `silence(Infinity)` lasts until it is cancelled.
 * @param ms milliseconds on the emulator's clock
 */
export function silence(ms = 0): Silence {
  return { step: 'silence', ms }
}

/** What the model does, response by response: a list that is used up by all sessions together, or a function that is asked each time. */
export type Script<Turn> = readonly (Step | readonly Step[])[] | ((turn: Turn) => Step | readonly Step[] | undefined)

/** Gives the steps of each response, or `undefined` when the script has nothing to say and the default answer is due. */
export function createScriptReader<Turn>(script: Script<Turn> = []): (turn: Turn) => readonly Step[] | undefined {
  let next = 0
  return (turn) => {
    const steps = typeof script === 'function' ? script(turn) : script[next++]
    return steps === undefined ? undefined : 'step' in steps ? [steps] : steps
  }
}
