import { decodeBase64 } from '../../../src/audio/base64.js'
import { encodeMuLaw } from '../../../src/audio/g711.js'
import { isRealtimeError } from '../../../src/errors.js'
import type { RealtimeSession } from '../../../src/session/realtime.js'
import type { PairedSocket } from '../../../src/testing/telephone/socket-pair.js'
import type { Telephone } from '../../../src/testing/telephone/telephone.js'
import type { bridgeTwilio } from '../../../src/twilio/bridge.js'
import type { Environment } from '../world.js'
import type { BridgeSetup } from './setup.js'

const bytesPerMs = 8
/** The telephone plays and sends audio in steps of this duration. */
const tickMs = 20
/** The smallest gap between timestamps that the bridge has to fill. */
const smallestGapMs = 60
/** How long a bridge may take to stop after its socket has ended, in milliseconds: the session is closed first. */
const stopLimitMs = 6_000

type Fields = Readonly<Record<string, unknown>>
type Cause = 'hangup' | 'dropped' | 'client'

/** Compares what a bridge does with what the provider and the session have sent. */
export interface CallLaws {
  /** Records a message of the bridge to the provider, before it is sent. */
  commandSent(command: Fields): void
  /** Records a message of the provider, before it reaches the bridge. */
  messageSent(message: Fields | undefined): void
  /** Records that something happened that ends the call. */
  ending(cause: Cause): void
  /** Records that marks do not return any more. */
  losingMarks(): void
  /** Watches a call of `drained()`. */
  watchDrained(drained: Promise<void>): void
  check(): void
  checkCalm(): void
}

export function createCallLaws(
  { clock, network, report }: Pick<Environment, 'clock' | 'network' | 'report'>,
  options: {
    readonly session: RealtimeSession
    readonly bridge: ReturnType<typeof bridgeTwilio>
    readonly phone: Telephone
    readonly socket: PairedSocket
    readonly setup: BridgeSetup
    readonly customParameters: Readonly<Record<string, string>>
    readonly isLawless: () => boolean
  },
): CallLaws {
  const { session, bridge, phone, socket, setup } = options
  /** Most frequent byte of each item, by which its audio is found in what the caller has heard. */
  const levels = new Map<string, number | undefined>()
  /** Responses in another format than that of the line. */
  const foreign = new Set<string>()
  const causes = new Map<Cause, number>()
  const received = { ms: 0, paddedFromMs: 0, paddedToMs: 0 }
  const dropped = { caller: 0, model: 0 }
  let forwardedMs = 0
  /** Audio of the model that has reached the bridge and was not sent. Unknown after something has removed some. */
  let waitingMs = 0
  let longestDeltaMs = 0
  let deltas = 0
  let unmarkedMs = 0
  let expectedAt: number | undefined
  let lastMessageAt = clock.now()
  let starts = 0
  let readies = 0
  let media = 0
  let messages = 0
  let interruptedAt = -1
  let stalls = 0
  let isStopped = false
  let losesMarks = false
  let hasCleared = false
  const isFrozen = () => clock.frozenMs > 0

  bridge.on('start', (call) => {
    starts += 1
    if (call.streamSid !== phone.streamSid || call.callSid !== phone.callSid)
      report('a bridge reports its call', `${call.streamSid} and ${call.callSid}`)
    if (JSON.stringify(call.customParameters) !== JSON.stringify(options.customParameters))
      report('a bridge reports its call', JSON.stringify(call.customParameters))
    if (bridge.call !== call) report('a bridge has its call', 'it differs from that of the event')
    if (starts > 1) report('a call starts once', `${starts} times`)
  })
  bridge.on('ready', () => {
    readies += 1
    if (readies > 1) report('a call is ready once', `${readies} times`)
    if (starts === 0) report('a call is ready after its start', 'it had not started')
    if (forwardedMs > 0) report('the audio of the caller follows the listeners of ready', `${forwardedMs} ms before`)
    const excessMs = received.ms + received.paddedFromMs - setup.maxPrebufferMs
    const slackMs = received.paddedToMs > 0 ? 1_000 + received.paddedToMs : tickMs
    if (!isFrozen() && Math.abs(dropped.caller - Math.max(0, excessMs)) > slackMs)
      report(
        'audio before a call is ready is kept',
        `${dropped.caller} ms were dropped, and ${excessMs} ms are too much`,
      )
  })
  bridge.on('media', () => {
    media += 1
  })
  bridge.on('dropped', ({ speaker, ms }) => {
    dropped[speaker] += ms
    if (speaker === 'model' && !hasCleared && waitingMs <= setup.maxWaitingMs)
      report('audio of the model is dropped only when too much waits', `${waitingMs} ms wait`)
  })
  bridge.on('stalled', () => {
    stalls += 1
    if ((socket.bufferedAmount ?? 0) <= setup.highWaterMark)
      report('a bridge stalls when its socket is full', `${socket.bufferedAmount} bytes are buffered`)
  })
  bridge.on('stop', ({ reason, error }) => {
    isStopped = true
    const code = isRealtimeError(error) ? error.code : undefined
    const quietMs = clock.now() - lastMessageAt
    // The session is closed before the event.
    const lateMs = quietMs - setup.inactivityTimeoutMs
    if (code === 'INACTIVE' && !isFrozen() && (lateMs < -5 || lateMs > stopLimitMs))
      report('a provider that is silent for too long ends the call', `after ${quietMs} ms`)
    if ((reason === 'hangup' || reason === 'client') && !causes.has(reason))
      report('a bridge reports why it has stopped', reason)
    if (reason === 'dropped' && !causes.has('dropped') && code !== 'INACTIVE')
      report('a bridge reports why it has stopped', reason)
    if (reason === 'session' && !['closed', 'closing'].includes(session.getState().status))
      report('a bridge reports why it has stopped', `${reason}, and the session is ${session.getState().status}`)
    if (reason === 'error' && error === undefined) report('a bridge reports why it has stopped', 'an unknown error')
    const isDisturbed = losesMarks || isFrozen() || causes.size > 0 || stalls > 0
    if (reason === 'session' && !isDisturbed && phone.waitingMs > 2 * tickMs)
      report('the rest of the audio is played when the session has closed', `${phone.waitingMs} ms were not`)
    const isKept = setup.onStop === 'keep' && session.getState().status === 'open'
    if (isKept && phone.waitingMs > 2 * tickMs && interruptedAt !== clock.now())
      report(
        'a session that is kept knows what was played',
        `${phone.waitingMs} ms were not, and it was not interrupted`,
      )
  })

  session.on('close', () => {
    hasCleared = true
  })
  session.on('interrupted', ({ played, unplayedItemIds }) => {
    interruptedAt = clock.now()
    hasCleared = true
    waitingMs = 0
    if (isStopped || options.isLawless() || losesMarks || isFrozen()) return
    // Marks return with the message that follows the end of their audio. A silent provider sends none.
    const limitMs = Math.max(setup.markEveryMs, 200) + 2 * tickMs + clock.now() - lastMessageAt
    if (played) {
      const heardMs = heardMsOf(played.itemId)
      const behindMs = heardMs === undefined ? 0 : heardMs - played.playedMs
      if (behindMs < -tickMs || behindMs > limitMs)
        report('an interruption reports what the caller has heard', `${played.playedMs} ms instead of ${heardMs} ms`)
    }
    for (const id of unplayedItemIds) {
      const heardMs = heardMsOf(id) ?? 0
      if (heardMs > limitMs) report('an interruption reports what the caller has heard', `${heardMs} ms of ${id}`)
    }
    // Audio of the next response may follow in the same tick, and a call that ends plays its last words.
    const deltasBefore = deltas
    setImmediate(() => {
      const isDisturbed = deltas > deltasBefore || causes.size > 0
      if (!isStopped && !isDisturbed && phone.waitingMs > 0 && interruptedAt === clock.now())
        report('an interruption clears the buffer of the provider', `${phone.waitingMs} ms are still played`)
    })
  })
  // The bridge may send audio in the same tick, before later listeners of the session.
  network.onDelivery((event, line) => {
    if (network.line !== line || session.getState().status !== 'open') return undefined
    if (event.type === 'response.created') {
      const { id, audio } = event.response as { id: string; audio?: { output?: { format?: { type?: string } } } }
      const format = audio?.output?.format?.type
      if (format !== undefined && format !== 'audio/pcmu') foreign.add(id)
    }
    if (event.type === 'response.output_audio.delta' && typeof event.delta === 'string')
      receiveAudio(String(event.response_id), String(event.item_id), decodeBase64(event.delta))
    return undefined
  })

  function receiveAudio(responseId: string, itemId: string, bytes: Uint8Array): void {
    // A response that was requested before the format of the line was set is not played.
    if (foreign.has(responseId)) return
    deltas += 1
    const level = mostFrequent(bytes)
    const known = levels.get(itemId)
    // Audio of several levels cannot be told from that of another item.
    levels.set(itemId, levels.has(itemId) && known !== level ? undefined : level)
    longestDeltaMs = Math.max(longestDeltaMs, bytes.length / bytesPerMs)
    if (readies > 0 && !isStopped) waitingMs += bytes.length / bytesPerMs
    if (!hasCleared && waitingMs - dropped.model > setup.maxWaitingMs + 2 * longestDeltaMs)
      report('audio of the model that waits is limited', `${waitingMs - dropped.model} ms wait`)
  }

  session.on('session.updated', ({ session: { audio } }) => {
    const formats = [audio?.input?.format?.type, audio && 'output' in audio ? audio.output?.format?.type : undefined]
    if (readies > 0 && !isStopped && formats.some((format) => format !== 'audio/pcmu'))
      report('a call that is ready has the format of the line', formats.join(' and '))
  })
  session.audio.onAppend((audio) => {
    const length = typeof audio === 'string' ? decodeBase64(audio).length : audio.byteLength
    forwardedMs += length / bytesPerMs
    if (readies === 0) report('audio of the caller waits until the call is ready', `${length} bytes`)
  })

  /** Returns how much of an item the caller has heard, or `undefined` if its audio cannot be told from that of others. */
  function heardMsOf(itemId: string): number | undefined {
    const level = levels.get(itemId)
    const isUnique = [...levels.values()].filter((other) => other === level).length === 1
    if (level === undefined || !isUnique || level === encodeMuLaw(Int16Array.of(0))[0]) return undefined
    return phone.played().filter((byte) => byte === level).length / bytesPerMs
  }

  function fillGap(timestamp: number, ms: number): void {
    const gapMs = expectedAt === undefined ? 0 : timestamp - expectedAt
    expectedAt = timestamp + ms
    if (gapMs < smallestGapMs) return
    received.paddedFromMs += Math.max(0, Math.min(gapMs, setup.maxPaddingMs) - 1)
    // A timer cannot know when the next message comes.
    received.paddedToMs += Math.min(gapMs + 2 * tickMs, setup.maxPaddingMs) + 1
  }

  return {
    commandSent(command) {
      if (isStopped) report('nothing is sent after a bridge has stopped', String(command.event))
      if (command.streamSid !== phone.streamSid) report('commands name their stream', String(command.streamSid))
      if (command.event === 'mark') unmarkedMs = 0
      if (command.event === 'clear') unmarkedMs = 0
      if (command.event !== 'media') return
      const { payload } = command.media as { readonly payload: string }
      const ms = decodeBase64(payload).length / bytesPerMs
      waitingMs = Math.max(0, waitingMs - ms)
      unmarkedMs += ms
      if (ms % tickMs !== 0) report('the provider gets whole frames', `${ms} ms`)
      if (unmarkedMs > Math.max(tickMs, setup.markEveryMs))
        report('marks follow the audio', `${unmarkedMs} ms without one`)
      if ((socket.bufferedAmount ?? 0) > setup.highWaterMark)
        report('audio waits while the socket is full', `${socket.bufferedAmount} bytes are buffered`)
      // The telephone receives the message in a later microtask.
      setImmediate(() => {
        if (!isFrozen() && !phone.isOver && phone.waitingMs > setup.sendAheadMs + 2 * tickMs)
          report('audio is sent at the pace of speech', `${phone.waitingMs} ms wait at the provider`)
      })
    },
    messageSent(message) {
      // The session of a bridge that ends is closed first.
      if (!['closing', 'closed'].includes(session.getState().status)) lastMessageAt = clock.now()
      if (isStopped || message?.event !== 'media') return
      const { payload, timestamp } = message.media as { readonly payload: unknown; readonly timestamp?: unknown }
      if (typeof payload !== 'string') return
      messages += 1
      const ms = decodeBase64(payload).length / bytesPerMs
      received.ms += ms
      fillGap(Number(timestamp), ms)
    },
    ending(cause) {
      if (!causes.has(cause)) causes.set(cause, clock.now())
    },
    losingMarks() {
      losesMarks = true
    },
    watchDrained(drained) {
      const frozenMs = clock.frozenMs
      void drained.then(() => {
        const before = deltas
        // After messages that clear the buffer of the telephone.
        setImmediate(() => {
          const isPlaying = phone.waitingMs > tickMs && !isStopped && !phone.isOver && deltas === before
          if (isPlaying && !losesMarks && stalls === 0 && clock.frozenMs === frozenMs)
            report('drained() resolves when the caller has heard everything', `${phone.waitingMs} ms are still played`)
        })
      })
    },
    check() {
      const now = clock.now()
      for (const [cause, since] of causes)
        if (!isStopped && now - since > stopLimitMs && !isFrozen())
          report('a call that has ended stops its bridge', `${cause} ${now - since} ms ago`)
      if (!isStopped && !isFrozen() && now - lastMessageAt > setup.inactivityTimeoutMs + stopLimitMs)
        if (session.getState().status !== 'closed')
          report('a provider that is silent for too long ends the call', `${now - lastMessageAt} ms`)
    },
    checkCalm() {
      if (isStopped || phone.isOver || isFrozen()) return
      if (media !== messages) report('audio of the caller is reported', `${media} of ${messages} messages`)
      if (session.getState().status !== 'open' || readies === 0) return
      const leastMs = received.ms - dropped.caller + received.paddedFromMs
      const mostMs = received.ms - dropped.caller + received.paddedToMs
      if (forwardedMs < leastMs - tickMs || forwardedMs > mostMs + tickMs)
        report(
          'the session gets the audio of the caller, and silence for its gaps',
          `${forwardedMs} ms instead of ${leastMs} to ${mostMs} ms`,
        )
      if (!hasCleared && !losesMarks && network.traffic.length === 1) {
        if (waitingMs - dropped.model > tickMs && session.getState().responses.activeId === undefined)
          report('all audio of the model is sent', `${waitingMs - dropped.model} ms wait`)
        if (unmarkedMs > 0) report('marks follow the audio', `${unmarkedMs} ms without one`)
      }
    },
  }
}

function mostFrequent(bytes: Uint8Array): number | undefined {
  const counts = new Map<number, number>()
  for (const byte of bytes) counts.set(byte, (counts.get(byte) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0]
}
