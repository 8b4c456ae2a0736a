import { decodeBase64, encodeBase64 } from '../audio/base64.js'
import { createEmitter } from '../internal/emitter.js'
import type { ResponseOutputAudioDeltaEvent } from '../protocol/events/response-stream.js'
import type { RealtimeSession } from '../session/realtime.js'
import { createPrebuffer, payloadMs } from './prebuffer.js'
import { TwilioError } from './error.js'
import type { TwilioBridge, TwilioBridgeEvents, TwilioCall, TwilioStop } from './events.js'
import { formatMismatch, isForeign, lineFormatOf, mayInterrupt, muLaw } from './line-format.js'
import type { TwilioCommand, TwilioMediaMessage, TwilioMessage, TwilioStartMessage } from './messages.js'
import { type TwilioBridgeOptions, withDefaults } from './options.js'
import { createPlayer } from './player.js'
import { readTwilioMessage } from './read-message.js'
import { createSilencePadding } from './silence-padding.js'
import { assertSocket, attachSocket, type TwilioSocket } from './socket.js'
import { startInactivityTimer } from './inactivity-timer.js'

/** How long after its sound a mark may come back. */
const markDelayMs = 1000

/** The most silence in one append; a longer gap takes several. */
const longestSilenceMs = 1000

/**
 * Joins a media stream that a telephone provider has opened to a session: what the caller says goes to the model as it is, what the model
 * says goes to the caller at the pace of speech, and when the caller cuts in, the line falls silent and the model remembers what was
 * heard. Call it in the same turn in which the socket was opened; it connects the session, which may be connected or connecting already.
 *
 * ```ts
 * server.on('connection', (socket) => {
 *   const session = createSession({ transport: webSocket({ apiKey, model: 'gpt-realtime-2.1' }) })
 *   const stop = bridgeTwilio(socket, session)
 *   stop.on('ready', () => session.respond({ instructions: 'Greet the caller.' }))
 * })
 * ```
 * @throws {TwilioError} `INVALID_OPTION`. Everything later is told by `stop`.
 */
export function bridgeTwilio(
  socket: TwilioSocket,
  session: RealtimeSession,
  options: TwilioBridgeOptions = {},
): TwilioBridge {
  const settings = withDefaults(options)
  assertSocket(socket)
  const { dialect, onStop: onStop, sendAheadMs: sendAheadMs, markEveryMs, maxWaitingMs, highWaterMark } = settings
  const { clock } = session
  const { inactivityTimeoutMs: inactivityTimeoutMs, startTimeoutMs } = settings
  const emitter = createEmitter<TwilioBridgeEvents>()
  const early = createPrebuffer(settings.maxPrebufferMs)
  const waitingForSilence = new Set<() => void>()
  let call: TwilioCall | undefined
  /** What the line carries: mu-law until `start` specifies something else. */
  let line = muLaw
  let isPreparing = false
  /** The server uses the format of the line, and has said so. */
  let isVerified = isOpen() && !formatMismatch(session.getState().session, line)
  let isReady = false
  let isSessionOver = false
  let isStalled = false
  let ending: Promise<void> | undefined
  let cancelLastWords = () => {}
  let cancelStart = () => {}

  const player = createPlayer({
    clock,
    sendAheadMs: sendAheadMs,
    markEveryMs,
    silenceByte: () => line.silence,
    hasRoom() {
      const bufferedAmount = socket.bufferedAmount ?? 0
      const hasRoom = bufferedAmount <= highWaterMark
      if (!hasRoom && !isStalled) emitter.emit('stalled', { bufferedAmount })
      isStalled = !hasRoom
      return hasRoom
    },
    sendFrame: (payload) => send((streamSid) => ({ event: 'media', streamSid, media: { payload } })),
    sendMark: (name) => send((streamSid) => ({ event: 'mark', streamSid, mark: { name } })),
    onPlayed: (part, ms) => session.playback.played(part, ms),
    onIdle() {
      for (const resolve of waitingForSilence) resolve()
      waitingForSilence.clear()
    },
  })

  function isOpen(): boolean {
    return session.getState().status === 'open'
  }

  function send(command: (streamSid: string) => TwilioCommand): void {
    if (ending || !call) return
    try {
      socket.send(JSON.stringify(dialect.toProvider(command(call.streamSid))))
    } catch (cause) {
      fail(cause)
    }
  }

  function receive(data: unknown): void {
    if (ending) return
    watch.reset()
    const read = readTwilioMessage(data, dialect)
    if (read.kind === 'message') take(read.message, data)
    else if (read.kind === 'unknown') emitter.emit('unknown', read.message)
    else {
      emitter.emit('invalid', { error: read.error, data })
      // To a stream without a name nothing could ever be said.
      if (read.error.data.event === 'start' && !call) void end({ reason: 'error', error: read.error })
    }
  }

  function take(message: TwilioMessage, data: unknown): void {
    switch (message.event) {
      case 'start':
        if (call) emitter.emit('invalid', { error: secondStart(), data })
        else begin(message)
        break
      case 'media':
        // With both tracks streamed, the other one is the model's own voice.
        if (message.media.track !== 'outbound') hearMedia(message)
        break
      case 'dtmf':
        emitter.emit('dtmf', { digit: message.dtmf.digit, message })
        break
      case 'mark':
        player.markReceived(message.mark.name)
        break
      case 'stop':
        void end({ reason: 'hangup' })
        break
    }
  }

  function begin(message: TwilioStartMessage): void {
    const format = lineFormatOf(message)
    if (format instanceof TwilioError) {
      void end({ reason: 'error', error: format })
      return
    }
    cancelStart()
    const { streamSid, start } = message
    call = { streamSid, callSid: start.callSid, customParameters: start.customParameters ?? {}, message }
    if (format !== line) {
      line = format
      isVerified = isOpen() && !formatMismatch(session.getState().session, line)
      if (!isVerified && !isPreparing) void prepare()
    }
    emitter.emit('start', call)
    player.start()
    open()
  }

  /** Lets the caller through once both sides are there. */
  function open(): void {
    if (isReady || !isVerified || !call || ending) return
    isReady = true
    emitter.emit('ready', call)
    for (const payload of early.take()) hear(payload)
  }

  function hearMedia({ media: { payload, timestamp } }: TwilioMediaMessage): void {
    const ms = payloadMs(payload)
    if (ms > 0) padding.media(timestamp, ms)
    hear(payload)
  }

  function hear(payload: string): void {
    if (isSessionOver || payloadMs(payload) === 0) return
    if (!isReady) {
      const ms = early.push(payload)
      if (ms > 0) emitter.emit('dropped', { speaker: 'caller', ms })
      return
    }
    try {
      session.audio.append(payload)
    } catch {
      // The session is ending, and says so by itself.
      emitter.emit('dropped', { speaker: 'caller', ms: payloadMs(payload) })
    }
  }

  function speak({ response_id, item_id, content_index, delta }: ResponseOutputAudioDeltaEvent): void {
    // What is not known to be mu-law would be noise on the line.
    if (!isVerified || isForeign(session.getState(), response_id, line)) return
    const part = { responseId: response_id, itemId: item_id, contentIndex: content_index }
    if (!session.playback.enqueued(part)) return
    const bytes = bytesOf(delta)
    if (bytes && player.waitingMs <= maxWaitingMs) player.push(part, bytes)
    else emitter.emit('dropped', { speaker: 'model', ms: payloadMs(delta) })
  }

  /** The line falls silent at once. */
  function hush(): void {
    player.clear()
    send((streamSid) => ({ event: 'clear', streamSid }))
  }

  function verify(): void {
    const mismatch = formatMismatch(session.getState().session, line)
    if (mismatch) void end({ reason: 'error', error: mismatch })
  }

  async function prepare(): Promise<void> {
    isPreparing = true
    try {
      await session.connect()
      let requested: typeof line | undefined
      // `start` may specify another format while an update is on its way.
      while (!ending && requested !== line && formatMismatch(session.getState().session, line)) {
        requested = line
        const format = { type: line.type }
        await session.update({ audio: { input: { format }, output: { format } } })
      }
      if (ending) return
      isVerified = true
      verify()
      open()
    } catch (error) {
      void end({ reason: 'error', error })
    } finally {
      isPreparing = false
    }
  }

  /** The session is over; what it has said is still to be heard. */
  function playLastWords(error: unknown): void {
    isSessionOver = true
    const stop: TwilioStop = { reason: 'session', ...(error === undefined ? {} : { error }) }
    player.complete(() => true)
    if (!player.isPlaying || !call) {
      void end(stop)
      return
    }
    waitingForSilence.add(() => void end(stop))
    // A line that returns no marks must not keep the call.
    cancelLastWords = clock.after(player.waitingMs + sendAheadMs + markDelayMs, () => void end(stop))
  }

  function drained(): Promise<void> {
    if (ending || !player.isPlaying) return Promise.resolve()
    return new Promise((resolve) => {
      let cancel = () => {}
      const finish = () => {
        cancel()
        waitingForSilence.delete(finish)
        resolve()
      }
      // A line that returns no marks must not be waited for when it has long been silent.
      const wait = () => {
        cancel = clock.after(player.remainingMs + markDelayMs, () => (player.remainingMs > 0 ? wait() : finish()))
      }
      waitingForSilence.add(finish)
      wait()
    })
  }

  function fail(cause: unknown): void {
    const error = new TwilioError('SOCKET_FAILED', { streamSid: call?.streamSid }, { cause })
    void end({ reason: 'dropped', error })
  }

  function end(stop: TwilioStop): Promise<void> {
    ending ??= finish(stop)
    return ending
  }

  async function finish(stop: TwilioStop): Promise<void> {
    // The rest runs when `ending` says so: whatever it sets off must find the bridge over.
    await undefined
    for (const undo of unlisten) undo()
    cancelLastWords()
    cancelStart()
    watch.stop()
    padding.stop()
    leaveSocket()
    early.take()
    const wasPlaying = player.isPlaying
    player.clear()
    if (onStop === 'close') await session.close().catch(() => {})
    else if (wasPlaying && isOpen()) cutOff()
    emitter.emit('stop', stop)
    emitter.clear()
  }

  /** A session that is kept remembers no more than the caller has heard. */
  function cutOff(): void {
    try {
      session.interrupt()
    } catch {
      // It was just about to close.
    }
  }

  const watch = startInactivityTimer({
    clock,
    inactivityTimeoutMs,
    onSilent: () => void end({ reason: 'dropped', error: new TwilioError('INACTIVE', { inactivityTimeoutMs }) }),
  })
  const padding = createSilencePadding({
    clock,
    padAfterMs: settings.padAfterMs,
    maxPaddingMs: settings.maxPaddingMs,
    pad(ms) {
      if (ending) return
      for (let leftMs = ms; leftMs > 0; leftMs -= longestSilenceMs)
        hear(encodeBase64(new Uint8Array(Math.min(leftMs, longestSilenceMs) * 8).fill(line.silence)))
    },
  })
  const leaveSocket = attachSocket(socket, {
    onMessage: receive,
    onEnd: ({ failed, cause }) => (failed ? fail(cause) : void end({ reason: 'dropped' })),
  })
  const unlisten = [
    session.on('response.output_audio.delta', speak),
    session.on('response.output_audio.done', ({ item_id, content_index }) =>
      player.complete((part) => part.itemId === item_id && part.contentIndex === content_index),
    ),
    session.on('response.done', ({ response }) => player.complete(({ responseId }) => responseId === response.id)),
    // Parts of which the rest was lost with the connection.
    session.on('restored', () => player.complete(() => true)),
    session.on('interrupted', hush),
    session.on('input_audio_buffer.speech_started', () => {
      // What outlived its connection is no interruption for the session, and still one for the caller.
      if (player.isPlaying && mayInterrupt(session.getState())) hush()
    }),
    session.on('session.updated', () => {
      if (isVerified) verify()
    }),
    session.on('close', ({ error }) => playLastWords(error)),
  ]
  if (Number.isFinite(startTimeoutMs))
    cancelStart = clock.after(startTimeoutMs, () => {
      void end({ reason: 'error', error: new TwilioError('START_TIMEOUT', { startTimeoutMs }) })
    })
  // A socket that has closed already will not say so again.
  if ((socket.readyState ?? 0) >= 2) void end({ reason: 'dropped' })
  else void prepare()

  const bridge = () => end({ reason: 'client' })
  return Object.defineProperties(
    Object.assign(bridge, {
      on: emitter.on,
      drained,
    }),
    { call: { get: () => call, enumerable: true } },
  ) as TwilioBridge
}

function secondStart(): TwilioError<'INVALID_MESSAGE'> {
  const problem = { path: '', expected: 'the only one of its socket', found: 'another one' }
  return new TwilioError('INVALID_MESSAGE', { event: 'start', ...problem })
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return decodeBase64(base64)
  } catch {
    return undefined
  }
}
