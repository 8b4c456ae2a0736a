import { type CallRecord, type CallStore, holderName } from 'realtime-primitives/server'
import { type CallState, callStateOf } from './call-state.js'
import { addRecord, type RecordedItems } from './check-calls.js'

/** Reads the records of all calls again and again, as another process sees them. */
export interface RecordWatch {
  /** What the store has had of each call, also of those that have ended. */
  readonly seen: ReadonlyMap<string, RecordedItems>
  /** Resolves with a call in a state, and the node that holds it. */
  find(state: CallState, isAlive: (node: string) => boolean): Promise<{ readonly key: string; readonly node: string }>
  stop(): void
}

const readEveryMs = 100
/** While a state is looked for. A handoff takes only some milliseconds. */
const findEveryMs = 5
const limitMs = 300_000

export function watchRecords(store: CallStore): RecordWatch {
  const seen = new Map<string, RecordedItems>()
  let isStopped = false

  async function read(): Promise<{ key: string; node: string; state: CallState }[]> {
    const keys = await store.list()
    const calls = await Promise.all(
      keys.map(async ({ key, holder }) => {
        const value = (await store.read(key))?.value as CallRecord | undefined
        if (!value) return []
        addRecord(seen, key, value)
        return holder === undefined ? [] : [{ key, node: holderName(holder), state: callStateOf(value) }]
      }),
    )
    return calls.flat()
  }

  async function watch(): Promise<void> {
    while (!isStopped) {
      await read().catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, readEveryMs))
    }
  }
  void watch()

  return {
    seen,
    async find(state, isAlive) {
      for (const endsAt = performance.now() + limitMs; performance.now() < endsAt; ) {
        const found = (await read()).find((call) => call.state === state && isAlive(call.node))
        if (found) return found
        await new Promise((resolve) => setTimeout(resolve, findEveryMs))
      }
      throw new Error(`no call in the middle of a ${state}`)
    },
    stop() {
      isStopped = true
    },
  }
}
