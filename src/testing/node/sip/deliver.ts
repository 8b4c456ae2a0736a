import type { Clock } from '../../../internal/clock.js'
import { createId } from '../../../internal/id.js'
import { signWebhook } from '../../../server/webhooks/sign.js'

/** Where webhooks go, and what signs them. */
export interface WebhookTarget {
  /** An address of this machine. */
  readonly url: string
  /** The signing secret, `whsec_…`; with several, each makes a signature. */
  readonly secrets: string | readonly string[]
}

/** How a delivery tells what becomes of it. */
export interface DeliveryOptions {
  readonly clock: Clock
  /** Told the HTTP status of each attempt; 0 when there was no answer. */
  readonly onAnswer: (status: number) => void
  /** No attempt is under way, and none follows. */
  readonly onDone: () => void
}

/** A webhook on its way. */
export interface Delivery {
  /** Makes no further attempt. */
  stop(): void
  /** Breaks off the attempt that is under way, too. */
  abort(): void
}

const retryDelaysMs = [1_000, 2_000, 4_000]
const patienceMs = 10_000

/** Delivers a webhook: signed at each attempt, with the same id, until it is answered with 2xx or was tried four times. */
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
      // The receiver compares with the time of day, however fast the emulator's clock goes.
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
