import { createListeners, emit, type Listeners } from '../../internal/emitter.js'

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
  count: number
  readonly listeners: Listeners<{ withdrawn: undefined }>
}

export function createAnnouncements(): Announcements {
  return { count: 0, listeners: createListeners() }
}

/** Announces a response. Returns a function that withdraws the announcement. */
export function announce(announcements: Announcements): () => void {
  let isAnnounced = true
  announcements.count += 1
  return () => {
    if (!isAnnounced) return
    isAnnounced = false
    announcements.count -= 1
    emit(announcements.listeners, 'withdrawn', undefined)
  }
}
