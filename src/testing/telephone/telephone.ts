import { decodeBase64, encodeBase64 } from '../../audio/base64.js'
import { type Clock, systemClock } from '../../internal/clock.js'
import { createDeferred } from '../../internal/deferred.js'
import { randomBytes } from '../../internal/id.js'
import { checker } from '../../protocol/check.js'
import { TwilioCommand } from '../../twilio/messages.js'
import type { TwilioSocket } from '../../twilio/socket.js'
import { createPlayout, silenceByte } from './playout.js'

/** Options of {@link createTelephone}. */
export interface TelephoneOptions {
  /**
   * The clock that sets the pace of the audio.
   * @defaultValue the system clock
   */
  readonly clock?: Clock
  /** @defaultValue a generated identifier */
  readonly streamSid?: string
  /** @defaultValue a generated identifier */
  readonly callSid?: string
  /** The custom `<Parameter>`s of the stream. */
  readonly customParameters?: Readonly<Record<string, string>>
}

/** Audio that the telephone received in one message. */
export interface ReceivedFrame {
  /** Milliseconds since the start of the call. */
  readonly atMs: number
  readonly bytes: Uint8Array
}

/** A caller whose call arrives as a Twilio media stream. All audio is mu-law at 8 kHz, 8 bytes per millisecond. */
export interface Telephone {
  readonly streamSid: string
  readonly callSid: string
  /** Starts the stream. From then on, one frame is sent every 20 ms: queued audio, or silence. */
  call(): void
  /** Queues audio of the caller. Resolves when all of it has been sent, or the call has ended. */
  say(muLaw: Uint8Array): Promise<void>
  press(digit: string): void
  /** Ends the stream with a `stop` message, then closes the socket. */
  hangUp(): void
  /** Closes the socket without a `stop` message. */
  drop(): void
  /**
   * Returns all audio played to the caller since a time of the call, including silence.
   * @param fromMs - A multiple of 20. Defaults to the start of the call.
   */
  played(fromMs?: number): Uint8Array
  /**
   * Returns all audio of the caller since the start of the call, including silence. Byte n has the same time as byte n of `played()`.
   */
  sent(): Uint8Array
  /** Resolves when the condition is true. Checks it every 20 ms. Rejects when it throws or when the call ends first. */
  waitFor(condition: () => boolean): Promise<void>
  /** Duration of the played audio without silence, in milliseconds. */
  readonly playedMs: number
  /** Duration of the audio that waits to be played, in milliseconds. */
  readonly waitingMs: number
  /** All received audio, by message. */
  readonly frames: readonly ReceivedFrame[]
  /** Number of `clear` messages. */
  readonly clears: number
  /** Why received messages were ignored. Twilio ignores them without a response. */
  readonly rejected: readonly string[]
  readonly isOver: boolean
}

interface Waiting {
  readonly condition: () => boolean
  resolve(): void
  reject(reason: unknown): void
}

const frameMs = 20
const frameBytes = 160
const accountSid = `AC${'0'.repeat(32)}`
const checkCommand = /* @__PURE__ */ checker(TwilioCommand)

/** Simulates Twilio and a caller over the client side of an open socket: audio in real time in both directions, marks, and `clear`. */
export function createTelephone(socket: TwilioSocket, options: TelephoneOptions = {}): Telephone {
  const { clock = systemClock, customParameters = {} } = options
  const { streamSid = createSid('MZ'), callSid = createSid('CA') } = options
  const played: Uint8Array[] = []
  const sent: Uint8Array[] = []
  const frames: ReceivedFrame[] = []
  const rejected: string[] = []
  const waiting = new Set<Waiting>()
  let toSend: { readonly bytes: Uint8Array; readonly onSent?: () => void }[] = []
  let sequenceNumber = 0
  let ticks = 0
  let startedAt = 0
  let clears = 0
  let isOver = false
  let cancelTick = () => {}

  const playout = createPlayout((name) => emit({ event: 'mark', mark: { name } }))

  function emit(message: { readonly event: string; readonly [field: string]: unknown }): void {
    if (isOver) return
    socket.send(JSON.stringify({ ...message, sequenceNumber: String(++sequenceNumber), streamSid }))
  }

  function receive({ data }: { readonly data: unknown }): void {
    const command = parse(data)
    const problem = command === undefined ? { path: [], expected: 'JSON' } : checkCommand(command)
    if (problem || !command) {
      rejected.push(`${problem?.path.join('.') || 'the message'} must be ${problem?.expected}`)
      return
    }
    if (command.streamSid !== streamSid) {
      rejected.push('streamSid must be that of the stream')
      return
    }
    switch (command.event) {
      case 'media': {
        const bytes = bytesOf(command.media.payload)
        if (!bytes) {
          rejected.push('media.payload must be base64')
          return
        }
        frames.push({ atMs: clock.now() - startedAt, bytes })
        playout.push(bytes)
        break
      }
      case 'mark':
        playout.mark(command.mark.name)
        break
      case 'clear':
        clears += 1
        playout.clear()
        break
    }
  }

  function tick(): void {
    // Late frames are caught up, so that the audio keeps its pace.
    const due = Math.floor((clock.now() - startedAt) / frameMs)
    while (ticks < due && !isOver) exchange()
    if (!isOver) cancelTick = clock.after(Math.max(1, startedAt + (ticks + 1) * frameMs - clock.now()), tick)
  }

  /** Exchanges 20 ms of audio in both directions. */
  function exchange(): void {
    ticks += 1
    played.push(playout.play(frameBytes))
    const { bytes, onSent } = toSend.shift() ?? { bytes: new Uint8Array(frameBytes).fill(silenceByte) }
    sent.push(bytes)
    const payload = encodeBase64(bytes)
    emit({
      event: 'media',
      media: { track: 'inbound', chunk: String(ticks), timestamp: String((ticks - 1) * frameMs), payload },
    })
    onSent?.()
    for (const entry of [...waiting]) look(entry)
  }

  function look(entry: Waiting): void {
    try {
      if (!entry.condition()) return
      entry.resolve()
    } catch (error) {
      entry.reject(error)
    }
    waiting.delete(entry)
  }

  function finish(): void {
    if (isOver) return
    isOver = true
    cancelTick()
    socket.removeEventListener('message', receive)
    for (const { onSent } of toSend) onSent?.()
    toSend = []
    for (const { reject } of waiting) reject(new Error('The call is over.'))
    waiting.clear()
  }

  function close(): void {
    finish()
    socket.close(1000)
  }

  function onClose(): void {
    finish()
    socket.removeEventListener('close', onClose)
    socket.removeEventListener('error', finish)
  }

  socket.addEventListener('message', receive)
  socket.addEventListener('close', onClose)
  socket.addEventListener('error', finish)

  return {
    streamSid,
    callSid,
    call() {
      startedAt = clock.now()
      socket.send(JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }))
      const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 }
      emit({
        event: 'start',
        start: { accountSid, streamSid, callSid, tracks: ['inbound'], mediaFormat, customParameters },
      })
      tick()
    },
    say(muLaw) {
      if (isOver || muLaw.length === 0) return Promise.resolve()
      return new Promise((resolve) => {
        for (let at = 0; at < muLaw.length; at += frameBytes) {
          const bytes = new Uint8Array(frameBytes).fill(silenceByte)
          bytes.set(muLaw.subarray(at, at + frameBytes))
          const isLast = at + frameBytes >= muLaw.length
          toSend.push({ bytes, ...(isLast ? { onSent: resolve } : {}) })
        }
      })
    },
    press(digit) {
      emit({ event: 'dtmf', dtmf: { track: 'inbound_track', digit } })
    },
    hangUp() {
      emit({ event: 'stop', stop: { accountSid, callSid } })
      close()
    },
    drop: close,
    played: (fromMs = 0) => joined(played.slice(fromMs / frameMs)),
    sent: () => joined(sent),
    waitFor(condition) {
      const { promise, resolve, reject } = createDeferred<void>()
      if (isOver) reject(new Error('The call is over.'))
      else waiting.add({ condition, resolve: () => resolve(), reject })
      return promise
    },
    get playedMs() {
      return (playout.played * frameMs) / frameBytes
    },
    get waitingMs() {
      return (playout.waiting * frameMs) / frameBytes
    },
    frames,
    get clears() {
      return clears
    },
    rejected,
    get isOver() {
      return isOver
    },
  }
}

function parse(data: unknown): TwilioCommand | undefined {
  try {
    return JSON.parse(String(data))
  } catch {
    return undefined
  }
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return decodeBase64(base64)
  } catch {
    return undefined
  }
}

/** Creates an identifier in Twilio's format: two letters and 32 hexadecimal digits. */
function createSid(prefix: string): string {
  const bytes = randomBytes(16)
  return prefix + Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.length * frameBytes)
  pieces.forEach((piece, index) => {
    whole.set(piece, index * frameBytes)
  })
  return whole
}
