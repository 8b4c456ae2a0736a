/** `response.create` requests whose handles have settled although the server may still create their responses. */
export interface AbandonedRequests<Request> {
  add(eventId: string, request: Request): void
  /** Removes the request with this `event_id` and returns it. */
  take(eventId: string): Request | undefined
  /** Removes the oldest request that matches and returns it. */
  takeFirst(matches: (request: Request) => boolean): Request | undefined
  clear(): void
}

/** A server that never creates a response for a request must not make this list grow. */
const maxRequests = 64

export function createAbandonedRequests<Request>(): AbandonedRequests<Request> {
  const requests = new Map<string, Request>()

  function take(eventId: string): Request | undefined {
    const request = requests.get(eventId)
    requests.delete(eventId)
    return request
  }

  return {
    add(eventId, request) {
      requests.set(eventId, request)
      for (const oldest of requests.keys()) {
        if (requests.size <= maxRequests) break
        requests.delete(oldest)
      }
    },
    take,
    takeFirst(matches) {
      for (const [eventId, request] of requests) if (matches(request)) return take(eventId)
      return undefined
    },
    clear: () => requests.clear(),
  }
}
