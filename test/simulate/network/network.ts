import type { Clock } from '../../../src/internal/clock.js'
import { TransportError } from '../../../src/transports/error.js'
import type { Transport, TransportClose } from '../../../src/transports/transport.js'
import type { Journal } from '../journal.js'
import type { Random } from '../random.js'
import { type ClientEnd, createClientEnd, type Dial } from './client-transport.js'
import { createLine, type Line } from './line.js'

/** A frame, parsed without the codec of the library. */
export type Json = { readonly type?: string; readonly event_id?: string; readonly [field: string]: unknown }

/** What passed over one connection. */
export interface Traffic {
  readonly line: Line
  /** Events that the emulator sent. */
  readonly sent: Json[]
  /** Events of the emulator that reached the client. */
  readonly delivered: Json[]
  /** Events that the client sent. */
  readonly sentByClient: Json[]
  /** Events of the client that reached the emulator. */
  readonly received: Json[]
}

/** The end of a connection that receives its events. */
export type LineEnd = Pick<ClientEnd, 'receive' | 'closed'>

/** The network between the clients of one simulated session and its emulator. */
export interface Network {
  /** Creates a transport whose connections are served by `accept`. */
  createTransport(options: {
    readonly audio?: Transport['audio']
    readonly session?: 'own' | 'joined'
    readonly accept: (server: Transport) => Promise<void>
  }): ClientEnd
  /** Opens a connection for a transport that the network did not create. */
  dial(end: LineEnd, audio: Transport['audio'], accept: (server: Transport) => Promise<void>): Dial
  /** The latest connection. */
  readonly line: Line | undefined
  readonly traffic: readonly Traffic[]
  /** The next `count` attempts to connect are refused with this status. */
  refuse(count: number, status: number, retryAfterMs?: number): void
  /** The next `count` attempts to connect get no answer. */
  ignore(count: number): void
  /** Whether a computer has a network. Without one, connections are lost and attempts to connect fail. */
  setOnline(isOnline: boolean): void
  /** Connections are opened from now on, but no server sends anything. */
  mute(count: number): void
  /** Keeps matching events of the client from the emulator. The function may send something in its place. */
  intercept(handler: (event: Json, line: Line) => boolean): () => void
  /** Keeps matching events of the emulator from the client. */
  hide(handler: (event: Json) => boolean): () => void
  /** Whether an attempt to connect has started and not ended. */
  readonly isDialing: boolean
  /** Number of attempts to connect. */
  readonly attempts: number
  /** Whether the last refusal asked the client to wait. */
  readonly mustWait: boolean
  /** How long the last refusal asked the client to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** Calls a function before an event reaches the client. The function that it returns is called after that. */
  onDelivery(observe: (event: Json, line: Line) => (() => void) | undefined): void
  /** Loses the next frame of the server that matches, without any other sign of a fault. */
  loseNext(matches: (event: Json) => boolean): void
  /** Delivers the next frame of the server that matches twice, with different ids. */
  repeatNext(matches: (event: Json) => boolean): void
  /** The server leaves a field out of its events of a type from now on. */
  omit(type: string, field: string): void
  /** Calls a function before an event of the client is sent. */
  onSend(observe: (event: Json, line: Line) => void): void
  /** Calls a function at each attempt to connect. */
  onDial(observe: () => void): void
  /** Calls a function before the client learns that a connection has closed. */
  onClosed(observe: (close: TransportClose, line: Line) => void): void
  /** Virtual time at which the server of the latest connection has created its session. */
  readonly createdAt: number | undefined
  /** Virtual time at which a fault of the network or of the server was last noticeable. */
  readonly disturbedAt: number
  /** Ends every fault that is not final. */
  heal(): void
  readonly isIdle: boolean
  /** Connections with an end that still exists. */
  readonly openLines: number
}

/** Frames that a client may send at a time. A restored session sends some hundred. */
const mostFrames = 20_000

export function createNetwork(options: {
  readonly clock: Clock
  readonly random: Random
  readonly journal: Journal
  readonly latencyMs: readonly [number, number]
  /** How often packets that are due at the same time arrive in the same tick. */
  readonly burstRate: number
  /** Called when the client sends without end, so that no virtual time passes. */
  readonly onEndless: (detail: string) => void
}): Network {
  const { clock, random, journal, latencyMs, burstRate, onEndless } = options
  const traffic: Traffic[] = []
  const ends = new Map<Line, LineEnd>()
  const interceptors = new Set<(event: Json, line: Line) => boolean>()
  const hidden = new Set<(event: Json) => boolean>()
  const refusals: (Dial & { kind: 'refused' | 'silent' })[] = []
  const clients: ClientEnd[] = []
  let isLost: ((event: Json) => boolean) | undefined
  let isRepeated: ((event: Json) => boolean) | undefined
  const omitted = new Map<unknown, string>()
  const observers: ((event: Json, line: Line) => (() => void) | undefined)[] = []
  /** Connections whose server sends nothing. */
  const silent = new Set<Line>()
  const dialObservers: (() => void)[] = []
  const sendObservers: ((event: Json, line: Line) => void)[] = []
  const closeObservers: ((close: TransportClose, line: Line) => void)[] = []
  const read = createParser()
  let isOnline = true
  let attempts = 0
  let retryAfterMs: number | undefined
  let createdAt: number | undefined
  let muted = 0
  let disturbedAt = Number.NEGATIVE_INFINITY

  let framesAt = 0
  let frames = 0

  function countFrame({ type }: Json): void {
    frames = framesAt === clock.now() ? frames + 1 : 1
    framesAt = clock.now()
    if (frames === mostFrames) onEndless(`${frames} frames at once, the last of them ${type}`)
  }

  const trafficOf = (line: Line) => traffic[line.id - 1]

  function dial(end: LineEnd, audio: Transport['audio'], accept: (server: Transport) => Promise<void>): Dial {
    attempts += 1
    for (const observe of dialObservers) observe()
    const refusal = isOnline ? refusals.shift() : noNetwork
    retryAfterMs =
      refusal?.kind === 'refused'
        ? (refusal.error as { data?: { retryAfterMs?: number } }).data?.retryAfterMs
        : undefined
    if (refusal) {
      disturbedAt = clock.now()
      journal.note(`network: handshake ${refusal.kind}`)
      return refusal
    }
    const line = createLine(traffic.length + 1, audio, {
      clock,
      random,
      latencyMs,
      burstRate,
      listener: {
        onServerFrame(_, original) {
          const frame = withoutField(original, omitted.get(read(original).type))
          const event = read(frame)
          if ([...hidden].some((isHidden) => isHidden(event))) return []
          trafficOf(line)?.sent.push(event)
          if (isRepeated?.(event)) {
            isRepeated = undefined
            disturbedAt = clock.now()
            return [frame, JSON.stringify({ ...event, event_id: `${event.event_id}_again` })]
          }
          if (!isLost?.(event)) return [frame]
          isLost = undefined
          disturbedAt = clock.now()
          journal.note(() => `network: lost ${describe(event, frame)}`)
          return []
        },
        onClientReceives(_, frame) {
          const event = read(frame)
          journal.note(() => `< ${line.id} ${describe(event, frame)}`)
          trafficOf(line)?.delivered.push(event)
          if (event.type === 'session.created') createdAt = clock.now()
          const completions = observers.map((observe) => observe(event, line))
          ends.get(line)?.receive(frame)
          for (const complete of completions) complete?.()
        },
        onClientFrame(_, frame) {
          const event = read(frame)
          countFrame(event)
          for (const observe of sendObservers) observe(event, line)
          trafficOf(line)?.sentByClient.push(event)
        },
        onServerReceives(_, frame) {
          const event = parse(frame)
          journal.note(() => `> ${line.id} ${describe(event, frame)}`)
          for (const handler of interceptors)
            if (handler(event, line)) {
              disturbedAt = clock.now()
              return false
            }
          trafficOf(line)?.received.push(event)
          return true
        },
        onClientClosed(_, close) {
          journal.note(`network: connection ${line.id} closed with ${close.code}`)
          disturbedAt = clock.now()
          for (const observe of closeObservers) observe(close, line)
          ends.get(line)?.closed(close)
        },
      },
    })
    createdAt = undefined
    traffic.push({ line, sent: [], delivered: [], sentByClient: [], received: [] })
    ends.set(line, end)
    journal.note(`network: connection ${line.id} opened`)
    if (muted > 0) {
      muted -= 1
      silent.add(line)
      void line.server.open()
    } else void accept(line.server)
    return { kind: 'connected', line }
  }

  return {
    createTransport({ audio = 'events', session = 'own', accept }) {
      const end: ClientEnd = createClientEnd({
        clock,
        audio,
        session,
        latencyMs: () => random.integer(latencyMs[0], latencyMs[1]),
        dial: () => dial(end, audio, accept),
      })
      clients.push(end)
      return end
    },
    dial,
    get line() {
      return traffic.at(-1)?.line
    },
    traffic,
    refuse(count, status, retryAfterMs) {
      const data = { url: 'wss://simulated', status, reason: 'refused by the simulation' }
      const error = new TransportError('CONNECT_FAILED', retryAfterMs === undefined ? data : { ...data, retryAfterMs })
      for (let left = count; left > 0; left--) refusals.push({ kind: 'refused', error })
    },
    ignore(count) {
      for (let left = count; left > 0; left--) refusals.push({ kind: 'silent' })
    },
    setOnline(next) {
      isOnline = next
      if (!isOnline) traffic.at(-1)?.line.halfOpen(random.integer(0, 10_000))
    },
    mute(count) {
      muted += count
    },
    intercept(handler) {
      interceptors.add(handler)
      return () => void interceptors.delete(handler)
    },
    hide(handler) {
      hidden.add(handler)
      return () => void hidden.delete(handler)
    },
    loseNext(matches) {
      isLost = matches
    },
    repeatNext(matches) {
      isRepeated = matches
    },
    omit(type, field) {
      omitted.set(type, field)
    },
    get isDialing() {
      return clients.some(({ transport }) => transport.state === 'opening')
    },
    onSend: (observe) => void sendObservers.push(observe),
    onDial: (observe) => void dialObservers.push(observe),
    onClosed: (observe) => void closeObservers.push(observe),
    get attempts() {
      return attempts
    },
    get createdAt() {
      return createdAt
    },
    get mustWait() {
      return retryAfterMs !== undefined
    },
    get retryAfterMs() {
      return retryAfterMs
    },
    onDelivery: (observe) => void observers.push(observe),
    get disturbedAt() {
      // The connection of a former session may still be there.
      const lines = traffic
        .map(({ line }) => line)
        .filter((line, index) => !line.isGone || index === traffic.length - 1)
      const until = lines.map((line) => (silent.has(line) ? Number.POSITIVE_INFINITY : line.disturbedUntil))
      return Math.max(disturbedAt, Math.min(Math.max(0, ...until), clock.now()))
    },
    heal() {
      disturbedAt = clock.now()
      refusals.length = 0
      isOnline = true
      muted = 0
      isLost = undefined
      isRepeated = undefined
      interceptors.clear()
      for (const { line } of traffic) line.heal()
    },
    get isIdle() {
      return traffic.every(({ line }) => line.isIdle || line.isGone)
    },
    get openLines() {
      return traffic.filter(({ line }) => !line.isGone).length
    },
  }
}

const noNetwork: Dial & { kind: 'refused' } = {
  kind: 'refused',
  error: new TransportError('CONNECT_FAILED', { url: 'wss://simulated', reason: 'there is no network' }),
}

/** Parses frames, each of them once although it is seen at both ends. */
function createParser(): (frame: string) => Json {
  const recent = new Map<string, Json>()
  return (frame) => {
    const known = recent.get(frame)
    if (known) return known
    if (recent.size > 200) recent.clear()
    const event = parse(frame)
    recent.set(frame, event)
    return event
  }
}

function withoutField(frame: string, field: string | undefined): string {
  if (field === undefined) return frame
  return JSON.stringify(Object.fromEntries(Object.entries(parse(frame)).filter(([name]) => name !== field)))
}

function parse(frame: string): Json {
  try {
    const value: unknown = JSON.parse(frame)
    return typeof value === 'object' && value !== null ? (value as Json) : {}
  } catch {
    return {}
  }
}

/** Returns an event in one short line. Audio is cut, because it would fill the journal. */
function describe(event: Json, frame: string): string {
  if (event.type === undefined) return `frame ${frame.slice(0, 60)}`
  const shown = JSON.stringify(event, (_key, value: unknown) =>
    typeof value === 'string' && value.length > 80 ? `${value.slice(0, 12)}… (${value.length})` : value,
  )
  return shown.length > 600 ? `${shown.slice(0, 600)}…` : shown
}
