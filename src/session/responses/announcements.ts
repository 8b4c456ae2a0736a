/** Announces responses that cannot be requested yet. */
export interface ResponseAnnouncements {
  /**
   * Announces a response that you will request, but cannot request yet, for example because the user still speaks. `settled` of earlier
   * responses waits for it. `runTools` announces the responses to the results of its tools. Returns a function that withdraws the
   * announcement: call it after `respond()`, or when the response is not needed any more.
   * @example
   * ```ts
   * const withdraw = session.announceResponse()
   * await saveResult(output)
   * session.respond()
   * withdraw()
   * ```
   */
  announceResponse(): () => void
}

/** Responses that a feature or the app will request, but cannot request yet. */
export interface Announcements {
  isEmpty(): boolean
  /** Announces a response. Returns a function that withdraws the announcement. */
  add(): () => void
  /** Calls the listener when an announcement is withdrawn. Returns an unsubscribe function. */
  onWithdrawn(listener: () => void): () => void
}

export function createAnnouncements(): Announcements {
  const announced = new Set<symbol>()
  const listeners = new Set<() => void>()
  return {
    isEmpty: () => announced.size === 0,
    add() {
      const announcement = Symbol()
      announced.add(announcement)
      return () => {
        if (announced.delete(announcement)) for (const listener of [...listeners]) listener()
      }
    },
    onWithdrawn(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
