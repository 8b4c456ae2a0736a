import type { CallerConnection } from './connection.js'
import { type Conversation, createConversation } from './conversation.js'
import { openPcmConnection } from './pcm-connection.js'
import { loadSpeech } from './speech.js'
import { createTally, type TallyReport } from './tally.js'
import { openTwilioConnection } from './twilio-connection.js'

/** Options of the callers of a process. */
export interface CallersOptions {
  readonly via: 'pcm' | 'twilio'
  readonly url: string
  readonly apiKey?: string | undefined
  readonly tools: boolean
  readonly bargeIns: number
  readonly drops: number
  readonly callMs: number
}

/** The callers of a process. Each of them makes one call after another. */
export interface Callers {
  /** Changes the number of callers. */
  setCount(count: number): void
  take(): TallyReport
  stop(): void
}

interface Caller {
  readonly connection: CallerConnection
  conversation: Conversation | undefined
}

/** How often to look whose audio is due, in milliseconds. Each call has a start of its own, so the load is even. */
const tickMs = 5
/** How long a caller waits after a refused or failed call, unless the server sends `Retry-After`, and at most. */
const retryMs = 2_000
const maxRetryMs = 10_000

/** Starts the callers of a process, none at first. */
export async function startCallers(options: CallersOptions): Promise<Callers> {
  const format = options.via === 'twilio' ? 'pcmu' : 'pcm'
  const speech = await loadSpeech(format)
  const tally = createTally()
  /** The caller of each slot, or when it calls again. */
  let slots: (Caller | { readonly retryAtMs: number })[] = []
  let ids = 0

  function call(slot: number): Caller {
    const open = options.via === 'twilio' ? openTwilioConnection : openPcmConnection
    const caller: { connection: CallerConnection; conversation: Conversation | undefined } = {
      connection: noConnection,
      conversation: undefined,
    }
    /** Frees the slot, if the caller still has it. */
    const leave = (delayMs: number) => {
      if (slots[slot] !== caller) return
      if (caller.conversation) tally.open -= 1
      slots[slot] = { retryAtMs: performance.now() + delayMs }
    }
    ids += 1
    slots[slot] = caller
    caller.connection = open({
      url: options.url,
      apiKey: options.apiKey,
      id: ids,
      tools: options.tools,
      events: {
        onOpen() {
          if (slots[slot] !== caller) return
          tally.open += 1
          tally.count('calls')
          caller.conversation = createConversation({
            ...options,
            connection: caller.connection,
            speech,
            format,
            tally,
            startMs: performance.now(),
            random: Math.random,
          })
        },
        onAudio: (audio, nowMs) => caller.conversation?.receive(audio, nowMs),
        onClear: () => caller.conversation?.clear(),
        onRefused(reason, retryAfterMs = retryMs) {
          tally.refuse(reason)
          leave(Math.min(maxRetryMs, retryAfterMs))
        },
        onFailed(code) {
          tally.error(code)
          leave(retryMs)
        },
        onClosed(code) {
          tally.error(code)
          leave(retryMs)
        },
        onError: tally.error,
        onToolCall: () => tally.count('toolCalls'),
        playoutEndsAtMs: () => caller.conversation?.playoutEndsAtMs ?? 0,
      },
    })
    return caller
  }

  function tick(): void {
    const nowMs = performance.now()
    for (let slot = 0; slot < slots.length; slot++) {
      const entry = slots[slot]
      if (!entry) continue
      if ('retryAtMs' in entry) {
        if (nowMs >= entry.retryAtMs) call(slot)
        continue
      }
      const { conversation, connection } = entry
      if (!conversation) continue
      conversation.tick(nowMs)
      connection.tick(nowMs)
      if (conversation.end === undefined) continue
      leaveCall(entry)
      slots[slot] = { retryAtMs: nowMs }
    }
  }

  function leaveCall({ connection, conversation }: Caller): void {
    if (conversation) tally.open -= 1
    if (conversation?.end === 'drop') {
      tally.count('drops')
      connection.drop()
    } else connection.hangUp()
  }

  const timer = setInterval(tick, tickMs)

  function setCount(count: number): void {
    while (slots.length < count) call(slots.length)
    const removed = slots.slice(count)
    slots = slots.slice(0, count)
    for (const entry of removed) if ('connection' in entry) leaveCall(entry)
  }

  return {
    setCount,
    take: tally.take,
    stop() {
      clearInterval(timer)
      setCount(0)
    },
  }
}

const noConnection: CallerConnection = { sendAudio() {}, tick() {}, hangUp() {}, drop() {} }
