import { createDeferred } from '../../../internal/deferred.js'
import type { Handset } from './audio-pump.js'

/** State of a SIP call. */
export type SipState = 'ringing' | 'accepted' | 'active' | SipEnd['state']

/** How a call ended. */
export type SipEnd =
  | { readonly state: 'ended'; readonly by: 'caller' | 'api' | 'service' }
  | { readonly state: 'rejected'; readonly statusCode: number }
  | { readonly state: 'referred'; readonly targetUri: string }
  | { readonly state: 'timed-out' }

/** The caller of a SIP call. All audio is mu-law at 8 kHz, 8 bytes per millisecond. */
export interface SipPhone {
  /** Identifier of the call, `rtc_…`. */
  readonly callId: string
  /** `accepted` until the session has started, `active` while it runs. */
  readonly state: SipState
  /** Resolves with the reason when the call has ended. */
  readonly ended: Promise<SipEnd>
  /** HTTP status of each webhook delivery, or 0 without a response. */
  readonly deliveries: readonly number[]
  /** Queues audio of the caller. Resolves when all of it has been sent, or the call has ended. */
  say(muLaw: Uint8Array): Promise<void>
  /**
   * Sends a DTMF digit: 0 to 9, `*`, `#`, or A to D.
   * @throws {TransportError} `INVALID_OPTION` for any other digit, `NOT_OPEN` unless the call is active.
   */
  press(key: string): void
  /** Ends the call. Works while it rings, too. */
  hangUp(): void
  /** Returns all audio played to the caller since the call became active, including silence. */
  played(): Uint8Array
  /**
   * Returns all audio of the caller since the call became active, including silence. Byte n has the same time as byte n of `played()`.
   */
  sent(): Uint8Array
  /** Duration of the played audio without silence, in milliseconds. */
  readonly playedMs: number
  /**
   * Resolves when the condition is true. Checks it after each change and every 20 ms. Rejects when it throws or when the call ends first.
   */
  waitFor(condition: () => boolean): Promise<void>
}

/** The audio of a telephone, and the conditions that wait for it. */
export interface PhoneAudio extends Pick<SipPhone, 'say' | 'played' | 'sent' | 'playedMs' | 'waitFor'> {
  readonly handset: Handset
  /** Checks the waiting conditions after a change. */
  checkConditions(): void
  /** Ends the audio and rejects the waiting conditions. */
  finish(): void
}

interface Waiting {
  readonly condition: () => boolean
  resolve(): void
  reject(reason: unknown): void
}

const frameBytes = 160
const frameMs = 20

/** Returns whether a byte is one of the two zeros of mu-law. */
const isSilent = (byte: number) => (byte | 0x80) === 0xff

export function createPhoneAudio(): PhoneAudio {
  const sent: Uint8Array[] = []
  const played: Uint8Array[] = []
  const waiting = new Set<Waiting>()
  let toSend: { readonly bytes: Uint8Array; readonly onSent: () => void }[] = []
  let audioFrames = 0
  let isOver = false

  function checkConditions(): void {
    for (const entry of [...waiting]) {
      try {
        if (!entry.condition()) continue
        entry.resolve()
      } catch (error) {
        entry.reject(error)
      }
      waiting.delete(entry)
    }
  }

  return {
    handset: {
      read() {
        const next = toSend.shift()
        const bytes = next?.bytes ?? new Uint8Array(frameBytes).fill(0xff)
        sent.push(bytes)
        next?.onSent()
        return bytes
      },
      write(bytes) {
        played.push(bytes)
        if (!bytes.every(isSilent)) audioFrames += 1
        checkConditions()
      },
    },
    checkConditions: checkConditions,
    finish() {
      isOver = true
      checkConditions()
      for (const { onSent } of toSend) onSent()
      toSend = []
      for (const { reject } of waiting) reject(new Error('The call is over.'))
      waiting.clear()
    },
    say(muLaw) {
      if (isOver || muLaw.length === 0) return Promise.resolve()
      return new Promise((resolve) => {
        for (let at = 0; at < muLaw.length; at += frameBytes) {
          const bytes = new Uint8Array(frameBytes).fill(0xff)
          bytes.set(muLaw.subarray(at, at + frameBytes))
          const isLast = at + frameBytes >= muLaw.length
          toSend.push({ bytes, onSent: isLast ? resolve : () => {} })
        }
      })
    },
    waitFor(condition) {
      const { promise, resolve, reject } = createDeferred<void>()
      waiting.add({ condition, resolve: () => resolve(), reject })
      checkConditions()
      if (isOver) {
        reject(new Error('The call is over.'))
        waiting.clear()
      }
      return promise
    },
    played: () => joined(played),
    sent: () => joined(sent),
    get playedMs() {
      return audioFrames * frameMs
    },
  }
}

function joined(frames: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(frames.length * frameBytes)
  frames.forEach((frame, index) => {
    whole.set(frame, index * frameBytes)
  })
  return whole
}
