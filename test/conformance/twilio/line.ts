import { createSession, type RealtimeSession, type SessionOptions, type Transport } from 'realtime-primitives'
import { encodeMuLaw, resample, toFloat32, toInt16 } from 'realtime-primitives/audio'
import {
  createEmulator,
  createManualClock,
  createTelephone,
  type Emulator,
  type EmulatorOptions,
  type ManualClock,
  type PairedSocket,
  socketPair,
  type Telephone,
  type TelephoneOptions,
} from 'realtime-primitives/testing'
import { bridgeTwilio, type TwilioBridge, type TwilioBridgeOptions, type TwilioStop } from 'realtime-primitives/twilio'
import { speechLike } from '../../unit/testing/speech.js'

/** What a test is about to have of a call; all of it shares one clock that stands still. */
export interface Line {
  readonly clock: ManualClock
  readonly emulator: Emulator
  readonly session: RealtimeSession
  readonly phone: Telephone
  readonly near: PairedSocket
  readonly bridge: TwilioBridge
  readonly stops: TwilioStop[]
  /** What the session sent to the server, without sound. */
  readonly sent: Record<string, unknown>[]
  /** All base64 mu-law that the session sent, as bytes. */
  appended(): Uint8Array
}

export interface LineOptions {
  readonly emulator?: EmulatorOptions
  readonly session?: Partial<SessionOptions>
  readonly bridge?: TwilioBridgeOptions
  readonly phone?: TelephoneOptions
  /** Puts another transport around the one to the emulator. */
  readonly wrap?: (transport: Transport, clock: ManualClock) => Transport
}

/** A telephone, a bridge, a session and an emulator, joined inside the process. The call has not begun. */
export function createLine(options: LineOptions = {}): Line {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, ...options.emulator })
  const inner = emulator.connect({ model: 'gpt-realtime-2.1' })
  const sent: Record<string, unknown>[] = []
  const appended: string[] = []
  const transport = Object.create(inner, {
    send: {
      value(frame: string) {
        const event = JSON.parse(frame)
        if (event.type === 'input_audio_buffer.append') appended.push(event.audio)
        else sent.push(event)
        inner.send(frame)
      },
    },
  })
  const wrapped = options.wrap?.(transport, clock) ?? transport
  const session = createSession({ transport: wrapped, clock, ...options.session })
  const [near, far] = socketPair()
  const phone = createTelephone(far, { clock, ...options.phone })
  const bridge = bridgeTwilio(near, session, options.bridge)
  const stops: TwilioStop[] = []
  bridge.on('stop', (stop) => stops.push(stop))
  return {
    clock,
    emulator,
    session,
    phone,
    near,
    bridge,
    stops,
    sent,
    appended: () => joinedBytes(appended.map((audio) => Buffer.from(audio, 'base64'))),
  }
}

/** Something like speech, in mu-law. */
export function mumble(ms: number, seed = 1): Uint8Array {
  return encodeMuLaw(speechLike(ms, { seed, rate: 8_000 }))
}

/** 24 kHz sound as the line carries it. */
export function toLine(pcm: Int16Array): Uint8Array {
  return encodeMuLaw(toInt16(resample(toFloat32(pcm), 24_000, 8_000)))
}

export function joinedBytes(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces))
}

/** Where bytes begin in others; -1 when they are not there. */
export function findBytes(whole: Uint8Array, part: Uint8Array): number {
  return Buffer.from(whole).indexOf(Buffer.from(part))
}
