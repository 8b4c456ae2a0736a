import { once } from 'node:events'
import { createTelephone, type Telephone } from 'realtime-primitives/testing'
import { WebSocket } from 'ws'

/** A call of a simulated Twilio, which follows its TwiML. */
export interface ProviderCall {
  readonly callSid: string
  /** Audio of the agent that the caller has heard so far, without silence, in milliseconds. */
  readonly playedMs: number
  /** How often the stream ended and another one was opened. */
  readonly redirects: number
  /** From each end of a stream until the next one was open, in milliseconds. */
  readonly pausesMs: readonly number[]
  say(muLaw: Uint8Array): Promise<void>
  hangUp(): void
}

/** Calls the agent. When the stream ends and the caller is still there, the `<Redirect>` after `<Connect>` is followed. */
export async function placeCall(router: string, callSid: string): Promise<ProviderCall> {
  let phone: Telephone | undefined
  let playedBefore = 0
  let redirects = 0
  let isOver = false
  const pausesMs: number[] = []

  async function follow(path: string): Promise<void> {
    const response = await fetch(new URL(path, router), {
      method: 'POST',
      body: new URLSearchParams({ CallSid: callSid }),
    })
    const twiml = await response.text()
    const url = /<Stream url="([^"]+)"/.exec(twiml)?.[1]
    const next = /<Redirect[^>]*>([^<]+)</.exec(twiml)?.[1] ?? '/continue'
    if (url === undefined) {
      isOver = isOver || twiml.includes('<Hangup/>')
      // The router has no node: Twilio would report an error. The example tries again.
      if (!isOver) setTimeout(() => void redirect(next), 200)
      return
    }
    const socket = new WebSocket(url)
    socket.on('error', () => {})
    socket.on('close', () => {
      playedBefore += phone?.playedMs ?? 0
      phone = undefined
      if (!isOver) void redirect(next)
    })
    await once(socket, 'open').catch(() => {})
    if (socket.readyState !== WebSocket.OPEN) return
    phone = createTelephone(socket, { callSid })
    phone.call()
  }

  async function redirect(path: string): Promise<void> {
    redirects += 1
    const lostAt = performance.now()
    await follow(path).catch(() => {})
    if (phone) pausesMs.push(Math.round(performance.now() - lostAt))
  }

  await follow('/incoming')
  return {
    callSid,
    pausesMs,
    get playedMs() {
      return playedBefore + (phone?.playedMs ?? 0)
    },
    get redirects() {
      return redirects
    },
    say: async (muLaw) => phone?.say(muLaw),
    hangUp() {
      isOver = true
      phone?.hangUp()
    },
  }
}
