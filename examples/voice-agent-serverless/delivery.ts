import { DurableObject } from 'cloudflare:workers'
import type { ReplayStore } from 'realtime-primitives/server'
import type { Env } from './workers.js'

/**
 * A claimed webhook. A Worker runs in many places that share no memory, so each webhook has its own Durable Object, which exists once
 * worldwide.
 */
export class Delivery extends DurableObject<Env> {
  async claim(ttlMs: number): Promise<boolean> {
    // The runtime delivers no other request while the object waits for its storage, so two requests cannot both claim it.
    if (await this.ctx.storage.get('taken')) return false
    await this.ctx.storage.put('taken', true)
    await this.ctx.storage.setAlarm(Date.now() + ttlMs)
    return true
  }

  async release(): Promise<void> {
    await this.ctx.storage.deleteAlarm()
    await this.ctx.storage.deleteAll()
  }

  async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll()
  }
}

/** Takes each webhook once, wherever it arrives. */
export function replayStoreOf({ DELIVERIES }: Env): ReplayStore {
  const deliveryOf = (id: string) => DELIVERIES.get(DELIVERIES.idFromName(id))
  return { claim: (id, ttlMs) => deliveryOf(id).claim(ttlMs), release: (id) => deliveryOf(id).release() }
}
