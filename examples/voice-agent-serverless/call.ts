import { DurableObject } from 'cloudflare:workers'
import { createSession, isRealtimeError, type RealtimeSession, reconnecting, sideband } from 'realtime-primitives'
import { probe } from './agent.js'
import type { Env } from './workers.js'

/** A telephone call. Audio goes directly between the telephone and the service; this object receives the events. */
export class Call extends DurableObject<Env> {
  #isAttached = false

  /** Starts with an accepted call. */
  async follow(callId: string): Promise<void> {
    await this.ctx.storage.put('callId', callId)
    await this.ctx.storage.setAlarm(Date.now() + this.env.TICK_MS)
    const session = await this.#attach(callId)
    session?.respond({ instructions: 'Greet the caller.' })
  }

  /** This object receives no requests, so without an alarm the runtime evicts it after 15 minutes. The alarm also loads it again. */
  async alarm(): Promise<void> {
    const callId = await this.ctx.storage.get<string>('callId')
    if (callId === undefined) return
    await this.ctx.storage.setAlarm(Date.now() + this.env.TICK_MS)
    if (!this.#isAttached) await this.#attach(callId)
  }

  async #attach(callId: string): Promise<RealtimeSession | undefined> {
    const { OPENAI_API_KEY: apiKey } = this.env
    const session = createSession({ transport: reconnecting(sideband({ apiKey, callId, probe })) })
    this.#isAttached = true
    void session.closed.then(({ wasClean }) => {
      console.log(`${callId} is over${wasClean ? '' : ', or out of sight'}`)
      this.ctx.waitUntil(this.#forget())
    })
    session.on('response.done', ({ response }) => console.log(`${callId} was answered: ${response.status}`))
    try {
      await session.connect()
      console.log(`${callId} is joined`)
      return session
    } catch (error) {
      // Who hangs up at once is gone before the object has joined.
      console.error(`${callId} could not be joined. ${isRealtimeError(error) ? error.message : ''}`)
      await this.#forget()
      return undefined
    }
  }

  async #forget(): Promise<void> {
    this.#isAttached = false
    await this.ctx.storage.deleteAlarm()
    await this.ctx.storage.deleteAll()
  }
}
