import type { Clock } from '../../../internal/clock.js'
import { createId } from '../../../internal/id.js'
import { signWebhook } from '../../../server/webhooks/sign.js'

/** A webhook endpoint and its signing secrets. */
export interface WebhookTarget {
  /** URL on this machine. */
  readonly url: string
  /** Signing secret, `whsec_…`. Several secrets produce several signatures. */
  readonly secrets: string | readonly string[]
}

/** Callbacks of a delivery. */
export interface DeliveryOptions {
  readonly clock: Clock
  /** Called with the HTTP status of each attempt, or 0 without a response. */
  readonly onAnswer: (status: number) => void
  /** Called when no attempt is running and none will follow. */
  readonly onDone: () => void
}

/** A webhook delivery in progress. */
export interface Delivery {
  /** Prevents further attempts. */
  stop(): void
  /** Prevents further attempts and aborts the current one. */
  abort(): void
}

const retryDelaysMs = [1_000, 2_000, 4_000]
const patienceMs = 10_000

/** Delivers a webhook with up to four attempts until a 2xx response. Every attempt is signed again and has the same identifier. */
export function deliver(event: object, { url, secrets }: WebhookTarget, options: DeliveryOptions): Delivery {
  const { clock, onAnswer, onDone } = options
  const body = JSON.stringify(event)
  const id = createId('wh')
  let isStopped = false
  let giveUp = () => {}
  let cancelRetry: (() => void) | undefined

  async function attempt(index: number): Promise<void> {
    const status = await send()
    onAnswer(status)
    const delayMs = retryDelaysMs[index]
    const isTaken = status >= 200 && status < 300
    if (isStopped || isTaken || delayMs === undefined) return onDone()
    cancelRetry = clock.after(delayMs, () => {
      cancelRetry = undefined
      void attempt(index + 1)
    })
  }

  async function send(): Promise<number> {
    const abort = new AbortController()
    giveUp = () => abort.abort()
    const cancelPatience = clock.after(patienceMs, giveUp)
    try {
      // The receiver compares the timestamp with the system clock, so the emulator's clock is not used.
      const signature = await signWebhook(body, { id, secrets })
      const headers = { 'content-type': 'application/json', 'user-agent': 'realtime-primitives emulator', ...signature }
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: abort.signal })
      await response.body?.cancel()
      return response.status
    } catch {
      return 0
    } finally {
      cancelPatience()
    }
  }

  function stop(): void {
    isStopped = true
    if (!cancelRetry) return
    cancelRetry()
    cancelRetry = undefined
    onDone()
  }

  void attempt(0)
  return {
    stop,
    abort() {
      stop()
      giveUp()
    },
  }
}
