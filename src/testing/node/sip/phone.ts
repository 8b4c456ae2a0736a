import { createDeferred } from '../../../internal/deferred.js'
import type { Handset } from './carry.js'

/** Where a call stands. */
export type SipState = 'ringing' | 'accepted' | 'active' | SipEnd['state']

/** How a call ended. */
export type SipEnd =
  | { readonly state: 'ended'; readonly by: 'caller' | 'api' | 'service' }
  | { readonly state: 'rejected'; readonly statusCode: number }
  | { readonly state: 'referred'; readonly targetUri: string }
  | { readonly state: 'timed-out' }

/** A caller whose call arrives over SIP. All sound is mu-law at 8 kHz, 8 bytes a millisecond. */
export interface SipPhone {
  /** `rtc_…` */
  readonly callId: string
  /** `accepted` until the session is there, `active` while it is. */
  readonly state: SipState
  /** Resolves when the call is over, with how it ended. */
  readonly ended: Promise<SipEnd>
  /** The HTTP status with which each delivery of the webhook was answered; 0 where there was no answer. */
  readonly deliveries: readonly number[]
  /** Says something, after all that was to be said before. Resolves when the last of it was sent, or the call is over. */
  say(muLaw: Uint8Array): Promise<void>
  /**
   * Presses a key: 0 to 9, `*`, `#`, or A to D.
   * @throws {TransportError} `INVALID_OPTION` for any other, `NOT_OPEN` unless the call is active.
   */
  press(key: string): void
  /** Ends the call, also while it rings. */
  hangUp(): void
  /** Everything that was heard since the call became active, silence included. */
  heard(): Uint8Array
  /** Everything that was sent since the call became active, silence included: byte n at the same time as byte n of `heard`. */
  said(): Uint8Array
  /** How much was heard that is not silence, in milliseconds. */
  readonly playedMs: number
  /** Looks after each change and every 20 ms whether something is so; rejects with what it throws, and when the call is over before. */
  waitFor(condition: () => boolean): Promise<void>
}

/** The sound of a telephone, and those who wait for something to happen on it. */
export interface PhoneSound extends Pick<SipPhone, 'say' | 'heard' | 'said' | 'playedMs' | 'waitFor'> {
  readonly handset: Handset
  /** Something changed. */
  look(): void
  /** The call is over. */
  finish(): void
}

interface Waiting {
  readonly condition: () => boolean
  resolve(): void
  reject(reason: unknown): void
}

const frameBytes = 160
const frameMs = 20

/** Whether a byte is no sound at all: both zeros of mu-law. */
const isSilent = (byte: number) => (byte | 0x80) === 0xff

export function createPhoneSound(): PhoneSound {
  const said: Uint8Array[] = []
  const heard: Uint8Array[] = []
  const waiting = new Set<Waiting>()
  let toSay: { readonly bytes: Uint8Array; readonly onSent: () => void }[] = []
  let soundFrames = 0
  let isOver = false

  function look(): void {
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
      speak() {
        const next = toSay.shift()
        const bytes = next?.bytes ?? new Uint8Array(frameBytes).fill(0xff)
        said.push(bytes)
        next?.onSent()
        return bytes
      },
      hear(bytes) {
        heard.push(bytes)
        if (!bytes.every(isSilent)) soundFrames += 1
        look()
      },
    },
    look,
    finish() {
      isOver = true
      look()
      for (const { onSent } of toSay) onSent()
      toSay = []
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
          toSay.push({ bytes, onSent: isLast ? resolve : () => {} })
        }
      })
    },
    waitFor(condition) {
      const { promise, resolve, reject } = createDeferred<void>()
      waiting.add({ condition, resolve: () => resolve(), reject })
      look()
      if (isOver) {
        reject(new Error('The call is over.'))
        waiting.clear()
      }
      return promise
    },
    heard: () => joined(heard),
    said: () => joined(said),
    get playedMs() {
      return soundFrames * frameMs
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
