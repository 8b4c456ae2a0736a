import { createEmitter } from '../internal/emitter.js'
import type { RealtimeSession } from '../session/realtime.js'
import { TwilioError } from './error.js'
import type { TwilioBridge, TwilioBridgeEvents, TwilioCall, TwilioStop } from './events.js'
import { createFormatNegotiation } from './format-negotiation.js'
import { startInactivityTimer } from './inactivity-timer.js'
import { createInboundAudio } from './inbound-audio.js'
import { lineFormatOf } from './line-format.js'
import { readTwilioMessage } from './message-reader.js'
import type { TwilioCommand, TwilioMessage, TwilioStartMessage } from './messages.js'
import { type TwilioBridgeOptions, withDefaults } from './options.js'
import { createOutboundAudio } from './outbound-audio.js'
import { assertSocket, attachSocket, type TwilioSocket } from './socket.js'
import { createWriteBatch } from './write-batch.js'

/** The phase of a bridge. `setState` is the only writer. */
type BridgeState =
  /** The provider has not sent `start`. Caller audio is buffered. */
  | { readonly phase: 'awaiting-start'; readonly cancelTimeout: () => void }
  /** The server has not confirmed the format of the line. Caller audio is buffered. */
  | { readonly phase: 'verifying'; readonly call: TwilioCall }
  /** Audio passes in both directions. */
  | { readonly phase: 'live'; readonly call: TwilioCall }
  /** The session is closed. The rest of the model's audio is played. */
  | { readonly phase: 'draining'; readonly call: TwilioCall; readonly cancelDrain: () => void }
  | { readonly phase: 'ended'; readonly call: TwilioCall | undefined; readonly done: Promise<void> }

/**
 * Connects a media stream that a telephone provider has opened to a session.
 *
 * Sets the session to the format of the line, forwards the caller's audio unchanged, and plays the model's audio at the pace of speech.
 * When the caller interrupts, the provider's buffer is cleared and the conversation keeps what was played.
 *
 * Call it in the same tick in which the socket was opened: the provider sends its first messages right after. It connects the session,
 * which may be connected or connecting already.
 *
 * @example
 * ```ts
 * server.on('connection', (socket) => {
 *   const session = createSession({ transport: webSocket({ apiKey, model: 'gpt-realtime-2.1' }) })
 *   const bridge = bridgeTwilio(socket, session)
 *   bridge.on('ready', () => session.respond({ instructions: 'Greet the caller.' }))
 * })
 * ```
 * @returns the bridge, a function that ends it
 * @throws {TwilioError} `INVALID_OPTION`. Later failures are reported by the event `stop`.
 */
export function bridgeTwilio(
  socket: TwilioSocket,
  session: RealtimeSession,
  options: TwilioBridgeOptions = {},
): TwilioBridge {
  const settings = withDefaults(options)
  assertSocket(socket)
  const { dialect, inactivityTimeoutMs, startTimeoutMs } = settings
  const { clock } = session
  const emitter = createEmitter<TwilioBridgeEvents>()
  let state: BridgeState = { phase: 'awaiting-start', cancelTimeout: startTimeout() }

  const isEnded = () => state.phase === 'ended'

  function setState(next: BridgeState): void {
    if (state.phase === 'awaiting-start') state.cancelTimeout()
    if (state.phase === 'draining') state.cancelDrain()
    if (next.phase === 'draining' || next.phase === 'ended') {
      negotiation.stop()
      inbound.stop()
    }
    state = next
  }

  function callOf(): TwilioCall | undefined {
    return state.phase === 'awaiting-start' ? undefined : state.call
  }

  const negotiation = createFormatNegotiation({
    session,
    onVerified: goLive,
    onError: (error) => void end({ reason: 'error', error }),
  })

  const inbound = createInboundAudio({
    session,
    ...settings,
    line: negotiation.line,
    onDropped: (ms) => emitter.emit('dropped', { speaker: 'caller', ms }),
  })

  const outbound = createOutboundAudio({
    session,
    ...settings,
    line: negotiation.line,
    isVerified: negotiation.isVerified,
    bufferedAmount: () => socket.bufferedAmount ?? 0,
    sendAudio: (payload) => send((streamSid) => ({ event: 'media', streamSid, media: { payload } })),
    sendMark: (name) => send((streamSid) => ({ event: 'mark', streamSid, mark: { name } })),
    batch: createWriteBatch(socket),
    sendClear: () => send((streamSid) => ({ event: 'clear', streamSid })),
    onDropped: (ms) => emitter.emit('dropped', { speaker: 'model', ms }),
    onStalled: (bufferedAmount) => emitter.emit('stalled', { bufferedAmount }),
  })

  const inactivity = startInactivityTimer({
    clock,
    timeoutMs: inactivityTimeoutMs,
    onTimeout: () => void end({ reason: 'dropped', error: new TwilioError('INACTIVE', { inactivityTimeoutMs }) }),
  })

  function startTimeout(): () => void {
    if (!Number.isFinite(startTimeoutMs)) return () => {}
    return clock.after(startTimeoutMs, () => {
      void end({ reason: 'error', error: new TwilioError('START_TIMEOUT', { startTimeoutMs }) })
    })
  }

  function send(command: (streamSid: string) => TwilioCommand): void {
    const call = callOf()
    if (isEnded() || !call) return
    try {
      socket.send(JSON.stringify(dialect.toProvider(command(call.streamSid))))
    } catch (cause) {
      fail(cause)
    }
  }

  function receive(data: unknown): void {
    if (isEnded()) return
    // Read once for both timers.
    const now = clock.now()
    inactivity.reset(now)
    const read = readTwilioMessage(data, dialect)
    if (read.kind === 'message') handle(read.message, data, now)
    else if (read.kind === 'unknown') emitter.emit('unknown', read.message)
    else {
      emitter.emit('invalid', { error: read.error, data })
      // Commands need the `streamSid` of `start`.
      if (read.error.data.event === 'start' && !callOf()) void end({ reason: 'error', error: read.error })
    }
  }

  function handle(message: TwilioMessage, data: unknown, now: number): void {
    switch (message.event) {
      case 'start':
        if (state.phase === 'awaiting-start') start(message)
        else emitter.emit('invalid', { error: secondStart(), data })
        break
      case 'media':
        emitter.emit('media', message)
        // When both tracks are streamed, `outbound` is the model's own voice.
        if (message.media.track !== 'outbound') inbound.receive(message, now)
        break
      case 'dtmf':
        emitter.emit('dtmf', { digit: message.dtmf.digit, message })
        break
      case 'mark':
        outbound.markReceived(message.mark.name)
        break
      case 'stop':
        void end({ reason: 'hangup' })
        break
    }
  }

  function start(message: TwilioStartMessage): void {
    const format = lineFormatOf(message)
    if (format instanceof TwilioError) {
      void end({ reason: 'error', error: format })
      return
    }
    const { streamSid, start } = message
    const call = { streamSid, callSid: start.callSid, customParameters: start.customParameters ?? {}, message }
    setState({ phase: 'verifying', call })
    negotiation.setLine(format)
    emitter.emit('start', call)
    outbound.start()
    goLive()
  }

  /** Forwards audio once the stream has started and the format is verified. */
  function goLive(): void {
    if (state.phase !== 'verifying' || !negotiation.isVerified()) return
    const { call } = state
    setState({ phase: 'live', call })
    emitter.emit('ready', call)
    inbound.start()
  }

  /** Plays the rest of the model's audio after the session was closed. */
  function drain(error: unknown): void {
    if (state.phase === 'ended') return
    const stop: TwilioStop = { reason: 'session', ...(error === undefined ? {} : { error }) }
    if (state.phase === 'awaiting-start') {
      void end(stop)
      return
    }
    const { call } = state
    const cancelDrain = outbound.drain(() => void end(stop))
    if (!isEnded()) setState({ phase: 'draining', call, cancelDrain })
  }

  function fail(cause: unknown): void {
    const error = new TwilioError('SOCKET_FAILED', { streamSid: callOf()?.streamSid }, { cause })
    void end({ reason: 'dropped', error })
  }

  function end(stop: TwilioStop): Promise<void> {
    if (state.phase !== 'ended') setState({ phase: 'ended', call: callOf(), done: release(stop) })
    return (state as Extract<BridgeState, { phase: 'ended' }>).done
  }

  async function release(stop: TwilioStop): Promise<void> {
    // Listeners that are called below must find the state `ended`.
    await undefined
    unsubscribe()
    inactivity.stop()
    detachSocket()
    const wasPlaying = outbound.isPlaying()
    outbound.stop()
    if (settings.onStop === 'close') await session.close().catch(() => {})
    else if (wasPlaying && session.getState().status === 'open') interrupt()
    emitter.emit('stop', stop)
    emitter.clear()
  }

  /** Truncates the conversation of a kept session at what the caller has received. */
  function interrupt(): void {
    try {
      session.interrupt()
    } catch {
      // The session is closing.
    }
  }

  const detachSocket = attachSocket(socket, {
    onMessage: receive,
    onEnd: ({ failed, cause }) => (failed ? fail(cause) : void end({ reason: 'dropped' })),
  })
  const unsubscribe = session.on('close', ({ error }) => drain(error))
  // A socket that is closed already emits no `close`.
  if ((socket.readyState ?? 0) >= 2) void end({ reason: 'dropped' })
  else negotiation.start()

  const bridge = () => end({ reason: 'client' })
  const drained = () => (isEnded() ? Promise.resolve() : outbound.drained())
  return Object.defineProperties(Object.assign(bridge, { on: emitter.on, drained }), {
    call: { get: callOf, enumerable: true },
    session: { value: session, enumerable: true },
  }) as TwilioBridge
}

function secondStart(): TwilioError<'INVALID_MESSAGE'> {
  const problem = { path: '', expected: 'the only "start" of its socket', found: 'a second one' }
  return new TwilioError('INVALID_MESSAGE', { event: 'start', ...problem })
}
