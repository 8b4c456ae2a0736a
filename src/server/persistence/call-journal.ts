import type { ToolJournal } from '../../features/tools/journal.js'
import type { RecordedCall } from './record.js'
import type { RecordWriter } from './record-writer.js'

/** The tool calls of a record. */
export interface CallJournal {
  readonly journal: ToolJournal
  /** Returns the calls in progress, in the order in which they were received. */
  calls(): readonly RecordedCall[]
}

/** How long an output waits until it is recorded, in milliseconds. After that, it is sent to the model all the same. */
const outputTimeoutMs = 2_000

export function createCallJournal(options: {
  readonly key: string
  readonly initial: readonly RecordedCall[]
  readonly recordTimeoutMs: number
  readonly writer: Pick<RecordWriter, 'change' | 'written'>
  /** Whether changes are still recorded. A call that is aborted when its session closes stays as it was. */
  readonly isRecording: () => boolean
}): CallJournal {
  const { key, initial, recordTimeoutMs, writer, isRecording } = options
  const calls = new Map(initial.map((call) => [call.callId, call]))

  /** Changes a call. Returns the number of the change. */
  function update(callId: string, change: Partial<RecordedCall>): number | undefined {
    const call = calls.get(callId)
    if (!call || !isRecording()) return undefined
    calls.set(callId, { ...call, ...change })
    return writer.change()
  }

  return {
    calls: () => [...calls.values()],
    journal: {
      idempotencyKey: (callId) => `${key}:${callId}`,
      received(call) {
        if (calls.has(call.callId) || !isRecording()) return
        calls.set(call.callId, { ...call, progress: 'received', isApproved: false })
        writer.change()
      },
      approved: (callId) => void update(callId, { isApproved: true }),
      isApproved: (callId) => calls.get(callId)?.isApproved === true,
      starting: (callId) => writer.written(update(callId, { progress: 'started' }) ?? writer.change(), recordTimeoutMs),
      async finished(callId, { output }) {
        const change = update(callId, { progress: 'finished', output })
        if (change !== undefined) await writer.written(change, outputTimeoutMs)
      },
      acknowledged(callId) {
        if (isRecording() && calls.delete(callId)) writer.change()
      },
    },
  }
}
