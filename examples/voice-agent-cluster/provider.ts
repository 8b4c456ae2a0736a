import { once } from 'node:events'
import { createTelephone, type Telephone } from 'realtime-primitives/testing'
import { WebSocket } from 'ws'

/** A time without a stream. Times are in milliseconds since the epoch. */
export interface Outage {
  readonly callSid: string
  /** The stream ended. */
  readonly lostAt: number
  /** The router has returned the address of another node. */
  routedAt?: number
  /** The stream to that node is open. */
  openAt?: number
  /** The first audio of the agent arrived. */
  heardAt?: number
}

/** A call of a simulated Twilio, which follows its TwiML. */
export interface ProviderCall {
  readonly callSid: string
  /** Audio of the agent that the caller has heard so far, without silence, in milliseconds. */
  readonly playedMs: number
  readonly outages: readonly Outage[]
  say(muLaw: Uint8Array): Promise<void>
  hangUp(): void
}

const now = () => performance.timeOrigin + performance.now()

/** Calls the agent. When the stream ends and the caller is still there, the `<Redirect>` after `<Connect>` is followed. */
export async function placeCall(router: string, callSid: string): Promise<ProviderCall> {
  let phone: Telephone | undefined
  let playedBefore = 0
  let isOver = false
  const outages: Outage[] = []

  /** Requests TwiML and opens its stream. Returns whether it could be opened. */
  async function follow(path: string, outage?: Outage): Promise<boolean> {
    const response = await fetch(new URL(path, router), {
      method: 'POST',
      body: new URLSearchParams({ CallSid: callSid }),
    })
    const twiml = await response.text()
    const url = /<Stream url="([^"]+)"/.exec(twiml)?.[1]
    if (url === undefined) {
      isOver = isOver || twiml.includes('<Hangup/>')
      return false
    }
    const next = /<Redirect[^>]*>([^<]+)</.exec(twiml)?.[1] ?? '/continue'
    if (outage) outage.routedAt = now()
    const socket = new WebSocket(url)
    socket.on('error', () => {})
    // Once also waits for `error`, after which a dead node is left.
    await once(socket, 'open').catch(() => {})
    if (socket.readyState !== WebSocket.OPEN) return false
    if (outage) {
      outage.openAt = now()
      socket.on('message', function listen(data) {
        if (!String(data).includes('"media"')) return
        outage.heardAt = now()
        socket.off('message', listen)
      })
    }
    socket.on('close', () => {
      playedBefore += phone?.playedMs ?? 0
      phone = undefined
      if (!isOver) void redirect(next)
    })
    phone = createTelephone(socket, { callSid })
    phone.call()
    return true
  }

  async function redirect(path: string): Promise<void> {
    const outage: Outage = { callSid, lostAt: now() }
    outages.push(outage)
    while (!isOver) {
      if (await follow(path, outage).catch(() => false)) return
      // The node has died meanwhile, or there is none: Twilio would follow the next verb, or report an error.
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  await follow('/incoming')
  return {
    callSid,
    outages,
    get playedMs() {
      return playedBefore + (phone?.playedMs ?? 0)
    },
    say: async (muLaw) => phone?.say(muLaw),
    hangUp() {
      isOver = true
      phone?.hangUp()
    },
  }
}
