/** Holds the caller's audio, in order and up to a limit, until the session can receive it. */
export interface Prebuffer {
  /** Adds base64 G.711 audio. Returns how many milliseconds of the oldest audio were dropped for it. */
  push(payload: string): number
  /** Removes and returns everything. */
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

/** Returns the duration of base64 G.711 audio at 8 kHz, in milliseconds. */
export function payloadMs(payload: string): number {
  const padding = payload.endsWith('==') ? 2 : payload.endsWith('=') ? 1 : 0
  return Math.max(0, Math.floor((payload.length * 3) / 4) - padding) / 8
}
