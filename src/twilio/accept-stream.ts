import { type Clock, systemClock } from '../internal/clock.js'
import { type TwilioDialect, twilio } from './dialect.js'
import { TwilioError } from './error.js'
import type { TwilioCall } from './events.js'
import { readTwilioMessage } from './message-reader.js'
import { assertSocket, type TwilioSocket } from './socket.js'

/** Options of {@link acceptStream}. */
export interface AcceptStreamOptions {
  /** Message format of the provider. @defaultValue twilio */
  readonly dialect?: TwilioDialect
  /** Time to wait for the provider's `start`, in milliseconds. @defaultValue 10_000 */
  readonly startTimeoutMs?: number
  /** Source of time. @defaultValue the system clock */
  readonly clock?: Clock
}

/** A stream whose call is known before there is a session. */
export interface AcceptedStream {
  readonly call: TwilioCall
  /** The socket for `bridgeTwilio`. It has kept the messages that arrived so far. */
  readonly socket: TwilioSocket
}

/** How many messages are kept until the bridge reads them: 60 s of audio. The oldest audio is dropped. */
const maxMessages = 3_000

/**
 * Waits for the `start` of a media stream, so that the session can be chosen by `callSid`, for example with `resume`. Messages are kept until the
 * returned socket is passed to `bridgeTwilio`. Call it in the same tick in which the socket was opened.
 *
 * @example
 * ```ts
 * const { call, socket } = await acceptStream(opened)
 * const { session } = await resume(store, call.callSid, { takeOver: 'always', start })
 * bridgeTwilio(socket, session)
 * ```
 * @throws {TwilioError} `START_TIMEOUT`, `INVALID_MESSAGE`, `SOCKET_FAILED`. The socket is closed.
 */
export function acceptStream(socket: TwilioSocket, options: AcceptStreamOptions = {}): Promise<AcceptedStream> {
  const { dialect = twilio, startTimeoutMs = 10_000, clock = systemClock } = options
  assertSocket(socket)
  return new Promise((resolve, reject) => {
    const kept: unknown[] = []
    let hasStarted = false

    function keep({ data }: { readonly data: unknown }): void {
      kept.push(data)
      // The first messages are `connected` and `start`.
      if (kept.length > maxMessages) kept.splice(2, 1)
      if (hasStarted) return
      const read = readTwilioMessage(data, dialect)
      if (read.kind === 'invalid' && read.error.data.event === 'start') fail(read.error)
      if (read.kind !== 'message' || read.message.event !== 'start') return
      hasStarted = true
      cancelTimeout()
      const { message } = read
      const { streamSid, start } = message
      const call = { streamSid, callSid: start.callSid, customParameters: start.customParameters ?? {}, message }
      resolve({ call, socket: replaySocket(socket, kept, stopListening) })
    }

    function stopListening(): void {
      socket.removeEventListener('message', keep)
      socket.removeEventListener('close', onClose)
      socket.removeEventListener('error', onEnd)
    }

    function onClose(event: object): void {
      stopListening()
      onEnd(event)
    }

    function onEnd(event: object): void {
      const cause = 'error' in event ? { cause: event.error } : undefined
      if (!hasStarted) fail(new TwilioError('SOCKET_FAILED', { streamSid: undefined }, cause))
    }

    function fail(error: TwilioError): void {
      cancelTimeout()
      // The listener to `error` stays until the socket has closed: in Node.js, an `error` event without one ends the process.
      socket.removeEventListener('message', keep)
      try {
        socket.close(1000)
      } catch {
        // The socket is closed.
      }
      reject(error)
    }

    const cancelTimeout = Number.isFinite(startTimeoutMs)
      ? clock.after(startTimeoutMs, () => fail(new TwilioError('START_TIMEOUT', { startTimeoutMs })))
      : () => {}
    socket.addEventListener('message', keep)
    socket.addEventListener('close', onClose)
    socket.addEventListener('error', onEnd)
    if ((socket.readyState ?? 0) >= 2) onEnd({})
  })
}

/** Returns a socket that first delivers the kept messages to its first listener, and then those that arrive. */
function replaySocket(socket: TwilioSocket, kept: unknown[], stopKeeping: () => void): TwilioSocket {
  type MessageListener = (event: { readonly data: unknown }) => void
  let isReplayed = false

  function addEventListener(type: 'message' | 'close' | 'error', listener: MessageListener): void {
    if (type !== 'message') {
      socket.addEventListener(type, listener as (event: object) => void)
      return
    }
    if (isReplayed) {
      socket.addEventListener('message', listener)
      return
    }
    isReplayed = true
    // The listener is ready after this tick. Messages that arrive until then are kept too.
    queueMicrotask(() => {
      stopKeeping()
      socket.addEventListener('message', listener)
      for (const data of kept.splice(0)) listener({ data })
    })
  }

  return {
    send: (text) => socket.send(text),
    close: (code, reason) => socket.close(code, reason),
    addEventListener: addEventListener as TwilioSocket['addEventListener'],
    removeEventListener: ((type: 'message', listener: MessageListener) =>
      socket.removeEventListener(type, listener)) as TwilioSocket['removeEventListener'],
    get readyState() {
      return socket.readyState ?? 1
    },
    get bufferedAmount() {
      return socket.bufferedAmount ?? 0
    },
  }
}
