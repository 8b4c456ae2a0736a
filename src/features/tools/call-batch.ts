/** The calls of one response, whether this package or the service runs them. One follow-up response takes all of them into account. */
export interface CallBatch<Call> {
  readonly responseId: string
  /** Function calls by `call_id`, MCP calls and approval requests by item id. */
  readonly calls: Map<string, Call>
  /** A streaming response can still add calls. */
  response: 'streaming' | 'done'
  /** Whether a response to the results is still to be requested. */
  followUp: 'pending' | 'requested' | 'none'
}

/** The batches of a session by response. */
export interface CallBatches<Batch> {
  get(responseId: string): Batch | undefined
  /** Returns the batch of a response. Creates it if there is none. */
  open(responseId: string): Batch
  close(responseId: string): void
  /** Returns a copy, so that batches can be closed while it is iterated. */
  all(): Batch[]
  clear(): void
}

/** @param create Returns the empty batch of a response. */
export function createCallBatches<Batch>(create: (responseId: string) => Batch): CallBatches<Batch> {
  const batches = new Map<string, Batch>()
  return {
    get: (responseId) => batches.get(responseId),
    open(responseId) {
      const batch = batches.get(responseId) ?? create(responseId)
      batches.set(responseId, batch)
      return batch
    },
    close: (responseId) => void batches.delete(responseId),
    all: () => [...batches.values()],
    clear: () => batches.clear(),
  }
}

export function createCallBatch<Call>(responseId: string): CallBatch<Call> {
  return { responseId, calls: new Map(), response: 'streaming', followUp: 'pending' }
}

/** Returns `true` once, when the response is done and its calls are ready for the follow-up response. */
export function takeFollowUp(batch: Pick<CallBatch<unknown>, 'response' | 'followUp'>, areReady: boolean): boolean {
  if (batch.response !== 'done' || batch.followUp !== 'pending' || !areReady) return false
  batch.followUp = 'requested'
  return true
}
