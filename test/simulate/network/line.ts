import type { Clock } from '../../../src/internal/clock.js'
import { createEmitter } from '../../../src/internal/emitter.js'
import { TransportError } from '../../../src/transports/error.js'
import type { Transport, TransportClose, TransportEvents } from '../../../src/transports/transport.js'
import type { Random } from '../random.js'
import { createDirection, type Packet } from './direction.js'

/** One connection between a client and the emulator. */
export interface Line {
  /** Number of the connection, from 1. */
  readonly id: number
  /** The end that the emulator serves. */
  readonly server: Transport
  /** Virtual time until which a fault of the connection is noticeable. `Infinity` when it never ends by itself. */
  readonly disturbedUntil: number
  /** Whether frames reach the other end. */
  readonly isAlive: boolean
  /** Whether neither end exists any more. */
  readonly isGone: boolean
  /** Whether no packet is under way. */
  readonly isIdle: boolean
  /** Bytes that the client has sent and that wait. */
  readonly bufferedAmount: number
  /** Sends a frame of the client. */
  send(frame: string): void
  /** Starts the closing handshake of the client. */
  close(code: number, reason: string): void
  /** Loses the connection at once; both ends notice it. */
  drop(): void
  /** Loses the connection; both ends notice it after `ms` milliseconds. */
  halfOpen(ms: number): void
  stall(ms: number): void
  slowDown(ms: number): void
  /** Delivers the next frame of the server after `count` later ones. */
  reorder(count: number): void
  /** Delivers the next frame of the server twice. */
  duplicate(): void
  /** Records a fault that is noticeable for `ms` milliseconds. */
  disturb(ms: number): void
  /** Delivers a frame to the client that the emulator did not send. */
  inject(frame: string): void
  /** Delivers a frame to the emulator that the client did not send. */
  injectToServer(frame: string): void
  /** Closes the connection as the server would. */
  closeByServer(code: number, reason: string): void
  /** Ends stalls and delays, and lets both ends notice a half-open connection. */
  heal(): void
}

/** What happens at the two ends of a {@link Line}. */
export interface LineListener {
  /** The emulator sent a frame. Returns the frames to deliver in its place. */
  onServerFrame(line: Line, frame: string): readonly string[]
  /** The client sent a frame. */
  onClientFrame(line: Line, frame: string): void
  /** A frame arrived at the client. */
  onClientReceives(line: Line, frame: string): void
  /** A frame of the client arrived at the server. Returns false to keep it from the emulator. */
  onServerReceives(line: Line, frame: string): boolean
  onClientClosed(line: Line, close: TransportClose): void
}

export function createLine(id: number, audio: Transport['audio'], options: LineOptions): Line {
  const { clock, random, latencyMs, burstRate, listener } = options
  const emitter = createEmitter<TransportEvents>()
  let serverState: Transport['state'] = 'idle'
  let isClientThere = true
  let isLost = false
  let cancelNotice = () => {}
  let disturbedUntil = Number.NEGATIVE_INFINITY
  /** When the client abandons a closing handshake. */
  let abandonsAt = Number.POSITIVE_INFINITY

  function disturb(ms: number): void {
    disturbedUntil = Math.max(disturbedUntil, clock.now() + ms)
  }

  function endServer(close: TransportClose): void {
    const wasOpen = serverState === 'open'
    serverState = 'closed'
    if (wasOpen) emitter.emit('close', close)
  }

  function endClient(close: TransportClose): void {
    if (!isClientThere) return
    isClientThere = false
    cancelNotice()
    listener.onClientClosed(line, close)
  }

  const common = {
    clock,
    latencyMs: () => random.integer(latencyMs[0], latencyMs[1]),
    isBurst: () => random.chance(burstRate),
  }
  const toServer = createDirection({
    ...common,
    deliver(packet) {
      if (serverState !== 'open') return
      if (packet.kind === 'frame') {
        if (listener.onServerReceives(line, packet.frame)) emitter.emit('message', packet.frame)
        return
      }
      toClient.send(packet)
      endServer({ ...closeOf(packet), wasClean: true })
    },
  })
  const toClient = createDirection({
    ...common,
    deliver(packet) {
      if (!isClientThere) return
      if (packet.kind === 'frame') listener.onClientReceives(line, packet.frame)
      else endClient({ ...closeOf(packet), wasClean: true })
    },
  })

  function lose(): void {
    isLost = true
    disturb(Number.POSITIVE_INFINITY)
    toServer.lose()
    toClient.lose()
  }

  const lostClose = { code: 1006, reason: '', wasClean: false }

  const line: Line = {
    id,
    server: {
      audio,
      get state() {
        return serverState
      },
      bufferedAmount: 0,
      async open() {
        serverState = 'open'
        emitter.emit('open', undefined)
      },
      send(frame) {
        if (serverState !== 'open') throw new TransportError('NOT_OPEN', { state: serverState })
        for (const delivered of listener.onServerFrame(line, frame)) toClient.send({ kind: 'frame', frame: delivered })
      },
      async close(code = 1000, reason = '') {
        if (serverState !== 'open') return
        toClient.send({ kind: 'close', code, reason })
        endServer({ code, reason, wasClean: true })
      },
      on: (type, listen) => emitter.on(type, listen),
    },
    get disturbedUntil() {
      return disturbedUntil
    },
    get isAlive() {
      return !isLost && isClientThere && serverState === 'open'
    },
    get isGone() {
      return !isClientThere && serverState !== 'open'
    },
    get isIdle() {
      return toServer.isIdle && toClient.isIdle
    },
    get bufferedAmount() {
      return toServer.waitingBytes
    },
    send(frame) {
      listener.onClientFrame(line, frame)
      toServer.send({ kind: 'frame', frame })
    },
    close(code, reason) {
      toServer.send({ kind: 'close', code, reason })
      // A peer that does not complete the closing handshake is abandoned, as the WebSocket transport does.
      cancelNotice()
      abandonsAt = clock.now() + closeTimeoutMs
      cancelNotice = clock.after(closeTimeoutMs, () => line.drop())
    },
    drop() {
      lose()
      endServer(lostClose)
      endClient(lostClose)
    },
    halfOpen(ms) {
      lose()
      cancelNotice()
      cancelNotice = clock.after(Math.min(ms, abandonsAt - clock.now()), () => line.drop())
    },
    stall(ms) {
      disturb(ms)
      toServer.stall(ms)
      toClient.stall(ms)
    },
    slowDown(ms) {
      disturb(Number.POSITIVE_INFINITY)
      toServer.slowDown(ms)
      toClient.slowDown(ms)
    },
    reorder(count) {
      disturb(Number.POSITIVE_INFINITY)
      toClient.delayNext(count)
    },
    duplicate() {
      disturb(Number.POSITIVE_INFINITY)
      toClient.repeatNext()
    },
    disturb,
    inject: (frame) => toClient.send({ kind: 'frame', frame }),
    injectToServer(frame) {
      if (serverState === 'open') emitter.emit('message', frame)
    },
    closeByServer(code, reason) {
      toClient.send({ kind: 'close', code, reason })
      endServer({ code, reason, wasClean: true })
    },
    heal() {
      if (isLost) line.drop()
      toServer.heal()
      toClient.heal()
    },
  }
  return line
}

export interface LineOptions {
  readonly clock: Clock
  readonly random: Random
  /** Least and greatest delay of a packet, in milliseconds. */
  readonly latencyMs: readonly [number, number]
  readonly burstRate: number
  readonly listener: LineListener
}

const closeTimeoutMs = 3_000

function closeOf({ code, reason }: Extract<Packet, { kind: 'close' }>) {
  return { code, reason }
}
