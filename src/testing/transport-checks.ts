import { abortWith } from '../internal/abort.js'
import type { Transport, TransportClose } from '../transports/transport.js'

/** A transport to check, and the other end of its connection. */
export interface TransportHarness {
  /** A transport that has not been opened. */
  readonly transport: Transport
  /** Sends a frame from the other end. Called while the connection is open. */
  send(frame: string): void
  /** Frames that the other end has received. */
  readonly received: readonly string[]
  /** Closes the connection from the other end. */
  hangUp(code: number, reason: string): void
  /** Releases all resources. */
  dispose(): Promise<void>
}

/** A requirement for every transport. `check` throws when it is not met. */
export interface TransportCheck {
  readonly name: string
  check(harness: TransportHarness): Promise<void>
}

/**
 * Requirements for every {@link Transport}. Run each of them on your own transport, with a new harness:
 *
 * ```ts
 * it.each(transportChecks)('$name', async ({ check }) => {
 *   const harness = await createHarness()
 *   try { await check(harness) } finally { await harness.dispose() }
 * })
 * ```
 */
export const transportChecks: readonly TransportCheck[] = [
  {
    name: 'state is idle, then opening, then open',
    async check({ transport }) {
      equal(transport.state, 'idle')
      const opening = transport.open()
      equal(transport.state, 'opening')
      await opening
      equal(transport.state, 'open')
    },
  },
  {
    name: 'open() connects once and emits open once when called repeatedly',
    async check({ transport }) {
      let opened = 0
      transport.on('open', () => {
        opened += 1
      })
      await Promise.all([transport.open(), transport.open()])
      await transport.open()
      equal(opened, 1)
    },
  },
  {
    name: 'send() throws NOT_OPEN before open and after close',
    async check({ transport }) {
      equal(
        codeOf(() => transport.send('early')),
        'NOT_OPEN',
      )
      await transport.open()
      await transport.close()
      equal(
        codeOf(() => transport.send('late')),
        'NOT_OPEN',
      )
    },
  },
  {
    name: 'frames arrive complete and in order in both directions',
    async check(harness) {
      const { transport } = harness
      const frames = ['a', '{"type":"x"}', 'ümlaut – 漢字 🎙', 'z'.repeat(300_000), '']
      const arrived: string[] = []
      transport.on('message', (frame) => arrived.push(frame))
      await transport.open()
      for (const frame of frames) transport.send(frame)
      await until(() => harness.received.length === frames.length)
      equal(harness.received.join('|'), frames.join('|'))
      for (const frame of frames) harness.send(frame)
      await until(() => arrived.length === frames.length)
      equal(arrived.join('|'), frames.join('|'))
    },
  },
  {
    name: 'an unsubscribed listener receives nothing',
    async check(harness) {
      let first = 0
      let second = 0
      const unsubscribe = harness.transport.on('message', () => {
        first += 1
      })
      harness.transport.on('message', () => {
        second += 1
      })
      await harness.transport.open()
      unsubscribe()
      harness.send('x')
      await until(() => second === 1)
      equal(first, 0)
    },
  },
  {
    name: 'close() closes once and emits close once when called repeatedly',
    async check({ transport }) {
      const closes: TransportClose[] = []
      transport.on('close', (close) => closes.push(close))
      await transport.open()
      await Promise.all([transport.close(3001, 'done'), transport.close()])
      await transport.close()
      equal(transport.state, 'closed')
      equal(closes.length, 1)
      equal(closes[0]?.code, 3001)
      equal(transport.bufferedAmount, 0)
    },
  },
  {
    name: 'close has the code and reason of the other end',
    async check(harness) {
      const closes: TransportClose[] = []
      harness.transport.on('close', (close) => closes.push(close))
      await harness.transport.open()
      harness.hangUp(4321, 'enough')
      await until(() => closes.length === 1)
      equal(closes[0]?.code, 4321)
      equal(closes[0]?.reason, 'enough')
      equal(harness.transport.state, 'closed')
    },
  },
  {
    name: 'frames sent before a close by the other end are delivered',
    async check(harness) {
      const arrived: string[] = []
      let isClosed = false
      harness.transport.on('message', (frame) => arrived.push(frame))
      harness.transport.on('close', () => {
        isClosed = true
      })
      await harness.transport.open()
      harness.send('last words')
      harness.hangUp(1000, '')
      await until(() => isClosed)
      equal(arrived.join(), 'last words')
    },
  },
  {
    name: 'open() rejects with the reason of an aborted signal and stays idle',
    async check({ transport }) {
      const reason = new Error('not now')
      equal(await rejection(transport.open(abortedBy(reason))), reason)
      equal(transport.state, 'idle')
    },
  },
  {
    name: 'open() rejects with the reason when its signal aborts while opening',
    async check({ transport }) {
      const reason = new Error('not any more')
      const abort = new AbortController()
      const opening = transport.open(abort.signal)
      abortWith(abort, reason)
      const outcome = await rejection(opening)
      // An in-process connection may already be open when the signal aborts, which is allowed.
      if (outcome !== undefined) {
        equal(outcome, reason)
        equal(transport.state, 'closed')
      }
    },
  },
  {
    name: 'open() rejects with CLOSED when closed while opening',
    async check({ transport }) {
      const opening = transport.open()
      const outcome = rejection(opening)
      const wasOpening = transport.state === 'opening'
      await transport.close()
      equal(transport.state, 'closed')
      if (wasOpening) equal(((await outcome) as { code?: unknown } | undefined)?.code, 'CLOSED')
    },
  },
]

function equal(actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected)) throw new Error(`expected ${String(expected)}, got ${String(actual)}`)
}

function codeOf(act: () => void): unknown {
  try {
    act()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return undefined
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  return undefined
}

/** Waits for a condition for up to five seconds. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 5_000; turn++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  throw new Error('the awaited condition did not become true within 5 s')
}

function abortedBy(reason: unknown): AbortSignal {
  const controller = new AbortController()
  abortWith(controller, reason)
  return controller.signal
}
