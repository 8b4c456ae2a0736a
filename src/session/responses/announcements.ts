/** Responses that a feature or the app will request, but cannot request yet. */
export interface Announcements {
  readonly size: number
  /** Announces a response. Returns a function that withdraws the announcement. */
  add(): () => void
  /** Calls the listener when an announcement is withdrawn. Returns an unsubscribe function. */
  onWithdrawn(listener: () => void): () => void
}

export function createAnnouncements(): Announcements {
  const announced = new Set<symbol>()
  const listeners = new Set<() => void>()
  return {
    get size() {
      return announced.size
    },
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
