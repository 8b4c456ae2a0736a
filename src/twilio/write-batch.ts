import type { TwilioSocket } from './socket.js'

/** The part of a Node.js stream that delays writes. */
interface CorkableStream {
  cork(): void
  uncork(): void
}

/**
 * Returns a function that runs `write` and passes the messages that it sends to the operating system at once. A socket of `ws` writes each
 * message with a system call of its own otherwise: without batches, a call took 14 % and 35 % more CPU in two alternating pairs of runs of
 * `load --via twilio --calls 30`. `_socket` is not part of the documented interface of `ws`, so it is used only where it has the functions of a
 * stream. Otherwise, messages are sent one by one.
 */
export function createWriteBatch(socket: TwilioSocket): (write: () => void) => void {
  return (write) => {
    const stream = streamOf(socket)
    if (!stream) {
      write()
      return
    }
    stream.cork()
    try {
      write()
    } finally {
      stream.uncork()
    }
  }
}

/** Returns the stream of an open socket of `ws`. */
function streamOf(socket: TwilioSocket): CorkableStream | undefined {
  const { _socket: stream } = socket as { readonly _socket?: Partial<CorkableStream> | null }
  return typeof stream?.cork === 'function' && typeof stream.uncork === 'function'
    ? (stream as CorkableStream)
    : undefined
}
