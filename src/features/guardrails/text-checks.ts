import type { Clock } from '../../internal/clock.js'
import { checkAll, type Guardrail, type GuardrailFailed, type GuardrailTripped, judgeWordless } from './guardrail.js'
import type { SentenceBoundary } from './sentence-boundary.js'

/** One content part of a response. */
export interface SpokenPart {
  readonly responseId: string
  readonly itemId: string
  readonly contentIndex: number
}

/** Checks the text of responses while it forms. */
export interface Checks {
  /** Adds text to a part. */
  add(part: SpokenPart, source: 'transcript' | 'text', delta: string): void
  /** Sets the complete text of a part, which is always checked. */
  finish(part: SpokenPart, source: 'transcript' | 'text', text: string): void
  /** Completes a response: its incomplete parts are checked as they are. */
  end(responseId: string): void
  /** Removes all responses. Checks that are running have no effect any more. */
  clear(): void
}

export interface ChecksOptions {
  readonly clock: Clock
  readonly guardrails: readonly Guardrail[]
  readonly sentenceBoundary: SentenceBoundary
  /** How long a check waits for more text, in milliseconds. */
  readonly debounceMs: number
  /** Whether a part without text is checked too, because it has audio. */
  readonly judgesWordless: boolean
  /** The first `length` characters of a part passed all guardrails. */
  readonly onPassed: (part: SpokenPart, length: number, isFinal: boolean) => void
  /** A guardrail tripped. Nothing more is reported for the response. */
  readonly onTripped: (trip: GuardrailTripped) => void
  readonly onFailed: (event: GuardrailFailed) => void
}

interface PartChecks {
  readonly part: SpokenPart
  readonly source: 'transcript' | 'text'
  text: string
  isFinished: boolean
  /** How much of the text was passed to a check, in characters. */
  begun: number
  /** Whether a check of incomplete text runs. There is one at a time, and the next one gets the latest text. */
  isStreaming: boolean
  /** The check whose verdict is final. */
  finalRound: object | undefined
  cancelDebounce: (() => void) | undefined
}

interface ResponseChecks {
  readonly parts: Map<string, PartChecks>
  readonly aborter: AbortController
  rounds: number
  hasTripped: boolean
  hasEnded: boolean
}

/** How many completed responses are remembered, because late events of them are ignored. */
const rememberedResponses = 32

export function createChecks(options: ChecksOptions): Checks {
  const { clock, guardrails, sentenceBoundary, debounceMs } = options
  const responses = new Map<string, ResponseChecks>()
  const over: string[] = []

  function responseOf(id: string): ResponseChecks {
    const known = responses.get(id)
    if (known) return known
    const response = {
      parts: new Map(),
      aborter: new AbortController(),
      rounds: 0,
      hasTripped: false,
      hasEnded: false,
    }
    responses.set(id, response)
    return response
  }

  function partOf(response: ResponseChecks, part: SpokenPart, source: PartChecks['source']): PartChecks {
    const key = `${part.contentIndex} ${part.itemId}`
    const known = response.parts.get(key)
    if (known) return known
    const state: PartChecks = {
      part,
      source,
      text: '',
      isFinished: false,
      begun: 0,
      isStreaming: false,
      finalRound: undefined,
      cancelDebounce: undefined,
    }
    response.parts.set(key, state)
    return state
  }

  function ignoreLater(id: string): void {
    over.push(id)
    if (over.length > rememberedResponses) over.shift()
  }

  const isOver = (response: ResponseChecks) => response.hasTripped || response.aborter.signal.aborted

  function stream(response: ResponseChecks, state: PartChecks): void {
    if (isOver(response) || state.isFinished || state.isStreaming || state.cancelDebounce) return
    if (sentenceBoundary(state.text, state.begun) === state.begun) return
    const check = () => {
      state.cancelDebounce = undefined
      state.begun = sentenceBoundary(state.text, state.begun)
      state.isStreaming = true
      void round(response, state, state.text.slice(0, state.begun), false)
    }
    if (debounceMs > 0) state.cancelDebounce = clock.after(debounceMs, check)
    else check()
  }

  function stopDebounce(state: PartChecks): void {
    state.cancelDebounce?.()
    state.cancelDebounce = undefined
  }

  function finish(response: ResponseChecks, state: PartChecks, text: string): void {
    if (isOver(response)) return
    stopDebounce(state)
    state.text = text
    state.isFinished = true
    void round(response, state, text, true)
  }

  async function round(response: ResponseChecks, state: PartChecks, text: string, isFinal: boolean): Promise<void> {
    const { part, source } = state
    const { signal } = response.aborter
    const current = {}
    if (isFinal) state.finalRound = current
    response.rounds += 1
    const input = { text, isFinal, source, ...part }
    const context = { clock, signal, onFailed: options.onFailed }
    const isWordless = text.trim() === '' && isFinal
    const trip = await (isWordless ? wordless(input) : checkAll(guardrails, input, context))
    response.rounds -= 1
    if (!isFinal) state.isStreaming = false
    if (!isOver(response) && trip) {
      response.hasTripped = true
      stopAll(response)
      options.onTripped(trip)
    } else if (!isOver(response)) {
      // Text after a transcript that was reported as complete has a final check of its own.
      options.onPassed(part, text.length, isFinal && state.finalRound === current)
      stream(response, state)
    }
    forget(part.responseId, response)
  }

  function wordless(input: Parameters<typeof judgeWordless>[1]): GuardrailTripped | undefined {
    if (!options.judgesWordless || input.source !== 'transcript') return undefined
    return judgeWordless(guardrails, input, options.onFailed)
  }

  function stopAll(response: ResponseChecks): void {
    response.aborter.abort()
    for (const state of response.parts.values()) stopDebounce(state)
  }

  function forget(id: string, response: ResponseChecks): void {
    if (response.hasEnded && response.rounds === 0 && responses.get(id) === response) responses.delete(id)
  }

  return {
    add(part, source, delta) {
      if (over.includes(part.responseId)) return
      const response = responseOf(part.responseId)
      const state = partOf(response, part, source)
      state.text += delta
      state.isFinished = false
      state.finalRound = undefined
      stream(response, state)
    },
    finish(part, source, text) {
      if (over.includes(part.responseId)) return
      const response = responseOf(part.responseId)
      finish(response, partOf(response, part, source), text)
    },
    end(responseId) {
      ignoreLater(responseId)
      const response = responses.get(responseId)
      if (!response) return
      response.hasEnded = true
      for (const state of response.parts.values()) if (!state.isFinished) finish(response, state, state.text)
      if (isOver(response)) responses.delete(responseId)
      forget(responseId, response)
    },
    clear() {
      for (const [id, response] of responses) {
        stopAll(response)
        // The server of a session that moves sends the rest of a response while the connection closes.
        ignoreLater(id)
      }
      responses.clear()
    },
  }
}
