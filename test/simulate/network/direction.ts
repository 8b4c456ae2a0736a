import type { Clock } from '../../../src/internal/clock.js'

/** What travels over a connection. */
export type Packet =
  | { readonly kind: 'frame'; readonly frame: string }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }

/** One direction of a connection: a queue that delivers packets in order, after a delay. */
export interface Direction {
  send(packet: Packet): void
  /** Delivers nothing for `ms` milliseconds. */
  stall(ms: number): void
  /** Adds to the delay of each packet until `heal()`. */
  slowDown(extraMs: number): void
  /** Drops everything that is under way and everything that follows. */
  lose(): void
  /** Delivers the frame that is sent next after `count` frames behind it. */
  delayNext(count: number): void
  /** Delivers the packet that is sent next twice. */
  repeatNext(): void
  /** Ends `stall` and `slowDown`. What was lost stays lost. */
  heal(): void
  readonly isIdle: boolean
  /** Bytes that wait because the direction is stalled or slow. */
  readonly waitingBytes: number
}

export function createDirection(options: {
  readonly clock: Clock
  /** Returns the delay of the next packet, in milliseconds. */
  readonly latencyMs: () => number
  /** Returns whether packets that are due at the same time arrive in the same tick. */
  readonly isBurst: () => boolean
  readonly deliver: (packet: Packet) => void
}): Direction {
  const { clock, latencyMs, isBurst, deliver } = options
  const packets: { readonly dueAt: number; readonly packet: Packet }[] = []
  let lastDueAt = 0
  let extraMs = 0
  let stalledUntil = 0
  let isLost = false
  let held: Packet | undefined
  /** Number of frames that overtake the held one. */
  let overtaking = 0
  let isRepeating = false
  let cancel: (() => void) | undefined

  function schedule(): void {
    const first = packets[0]
    if (cancel || !first) return
    const dueAt = Math.max(first.dueAt, stalledUntil)
    cancel = clock.after(Math.max(0, dueAt - clock.now()), () => {
      cancel = undefined
      do deliverFirst()
      while (isDue() && isBurst())
      schedule()
    })
  }

  const isDue = () => packets[0] !== undefined && Math.max(packets[0].dueAt, stalledUntil) <= clock.now()

  function deliverFirst(): void {
    const first = packets.shift()
    if (first && !isLost) deliver(first.packet)
  }

  function push(packet: Packet): void {
    lastDueAt = Math.max(lastDueAt, clock.now() + latencyMs() + extraMs)
    packets.push({ dueAt: lastDueAt, packet })
  }

  function releaseHeld(): void {
    if (held) push(held)
    held = undefined
    overtaking = 0
  }

  function reschedule(): void {
    cancel?.()
    cancel = undefined
    schedule()
  }

  return {
    send(packet) {
      if (isLost) return
      if (overtaking > 0 && packet.kind === 'frame' && !held) {
        held = packet
        return
      }
      push(packet)
      if (isRepeating) push(packet)
      isRepeating = false
      if (held) overtaking -= 1
      if (overtaking === 0 || packet.kind === 'close') releaseHeld()
      schedule()
    },
    stall(ms) {
      stalledUntil = clock.now() + ms
      reschedule()
    },
    slowDown(ms) {
      extraMs = ms
    },
    lose() {
      isLost = true
      packets.length = 0
      held = undefined
      cancel?.()
      cancel = undefined
    },
    delayNext(count) {
      if (!held) overtaking = count
    },
    repeatNext() {
      isRepeating = true
    },
    heal() {
      stalledUntil = 0
      extraMs = 0
      isRepeating = false
      releaseHeld()
      reschedule()
    },
    get isIdle() {
      return packets.length === 0 && !held
    },
    get waitingBytes() {
      if (extraMs === 0 && stalledUntil <= clock.now()) return 0
      return packets.reduce((sum, { packet }) => sum + (packet.kind === 'frame' ? packet.frame.length : 0), 0)
    },
  }
}
