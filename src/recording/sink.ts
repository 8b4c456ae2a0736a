import { reportToHost } from '../internal/emitter.js'

/**
 * Stores one file of a recorded call. `callFiles` in `realtime-primitives/recording/node` and `blobSink` return sinks. Any other object with
 * `write` is one too.
 */
export interface RecordingSink {
  /**
   * Stores bytes at a position. Positions continue where the last write ended, except for the last write of a WAV file: the header with its
   * final sizes, at 0. A sink that cannot seek can leave it out, and the file stays readable. If it returns a promise, the next write waits.
   */
  write(bytes: Uint8Array<ArrayBuffer>, position: number): unknown
  /** Called once, after the last write. */
  close?(): unknown
  /** Removes what was stored. Called once, after `close`. */
  delete?(): unknown
}

/** Writes to a sink in order, and waits for its promises. */
export interface SinkWriter {
  append(bytes: Uint8Array<ArrayBuffer>): void
  /** Replaces the start of the file. */
  replaceStart(bytes: Uint8Array<ArrayBuffer>): void
  /** Resolves when everything is written and the sink is closed. Further calls return the same promise. */
  close(): Promise<void>
}

/** Bytes that may wait for a slow sink. */
const maxWaitingBytes = 32 * 2 ** 20

/**
 * Creates a writer. After an error, nothing more is written.
 * @param onError Receives the first error of the sink.
 */
export function createSinkWriter(sink: RecordingSink, onError: (error: unknown) => void): SinkWriter {
  let position = 0
  let waitingBytes = 0
  let hasFailed = false
  let done: Promise<void> | undefined
  /** The last write, while the sink is asynchronous. */
  let pending: Promise<void> | undefined

  function fail(error: unknown): void {
    if (hasFailed) return
    hasFailed = true
    try {
      onError(error)
    } catch (thrown) {
      reportToHost(thrown)
    }
  }

  function write(bytes: Uint8Array<ArrayBuffer>, at: number): void {
    if (hasFailed) return
    if (!pending) {
      try {
        const written: unknown = sink.write(bytes, at)
        if (isPromise(written)) follow(written, bytes.length)
      } catch (error) {
        fail(error)
      }
      return
    }
    if (waitingBytes > maxWaitingBytes) {
      fail(new Error('The sink is too slow: more than 32 MB wait to be written.'))
      return
    }
    follow(
      pending.then(() => (hasFailed ? undefined : sink.write(bytes, at))),
      bytes.length,
    )
  }

  function follow(written: PromiseLike<unknown>, length: number): void {
    waitingBytes += length
    const own: Promise<void> = Promise.resolve(written).then(
      () => settle(length, own),
      (error: unknown) => {
        fail(error)
        settle(length, own)
      },
    )
    pending = own
  }

  function settle(length: number, own: Promise<void>): void {
    waitingBytes -= length
    if (pending === own) pending = undefined
  }

  async function finish(): Promise<void> {
    await pending
    try {
      await sink.close?.()
    } catch (error) {
      fail(error)
    }
  }

  return {
    append(bytes) {
      const at = position
      position += bytes.length
      write(bytes, at)
    },
    replaceStart: (bytes) => write(bytes, 0),
    close() {
      done ??= finish()
      return done
    },
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
