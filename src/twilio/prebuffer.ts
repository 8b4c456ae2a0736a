/** What the caller says while nobody listens yet: kept in order, up to a bound. */
export interface Prebuffer {
  /** Keeps a piece of base64 mu-law. Answers the milliseconds that had to go for it, the oldest. */
  push(payload: string): number
  /** Gives everything back, and keeps nothing. */
  take(): readonly string[]
}

export function createPrebuffer(maxMs: number): Prebuffer {
  let payloads: string[] = []
  let ms = 0

  return {
    push(payload) {
      payloads.push(payload)
      ms += payloadMs(payload)
      let droppedMs = 0
      while (ms > maxMs) {
        const oldest = payloadMs(payloads.shift() ?? '')
        ms -= oldest
        droppedMs += oldest
      }
      return droppedMs
    },
    take() {
      const taken = payloads
      payloads = []
      ms = 0
      return taken
    },
  }
}

/** How long a piece of base64 mu-law sounds, in milliseconds. */
export function payloadMs(payload: string): number {
  const padding = payload.endsWith('==') ? 2 : payload.endsWith('=') ? 1 : 0
  return Math.max(0, Math.floor((payload.length * 3) / 4) - padding) / 8
}
