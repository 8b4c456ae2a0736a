import { createSession, memoryPair, type RealtimeSession } from 'realtime-primitives'
import { bytesToInt16, decodeBase64, decodeMuLaw, encodeMuLaw } from 'realtime-primitives/audio'
import { createEmulator, createManualClock, createTelephone, reply, socketPair } from 'realtime-primitives/testing'
import { bridgeTwilio } from 'realtime-primitives/twilio'
import { settle } from './peer.js'

/** A room with a loudspeaker and a microphone that picks up its echo. */
export interface AcousticLine {
  readonly session: RealtimeSession
  /** Queues speech of the user. */
  speak(samples: Int16Array): void
  /** Advances the clock, and passes the audio of both directions. */
  pass(ms: number): Promise<void>
  /** Whether the audio is sent on media tracks instead of in events. */
  readonly isMedia: boolean
  /** Levels of the last frame of the microphone and of the loudspeaker, in dBFS. */
  readonly microphoneDb: number
  readonly loudspeakerDb: number
  stop(): Promise<void>
}

export interface AcousticOptions {
  /** Text of each response. */
  readonly text: string
  /** Level of the echo relative to the model's audio, in dB. */
  readonly echoDb: number
  /** Delay of the echo, in milliseconds. */
  readonly echoDelayMs?: number
  readonly transcribe?: () => string
}

const frameMs = 20
const dbOf = (samples: Int16Array) =>
  10 * Math.log10(samples.reduce((sum, sample) => sum + (sample / 32768) ** 2, 0) / Math.max(1, samples.length))

/** Adds the echo of the loudspeaker to the voice of the user. */
function createRoom({ echoDb, echoDelayMs = 60 }: AcousticOptions, rate: number) {
  const length = (rate * frameMs) / 1000
  const delay = Array.from({ length: Math.round(echoDelayMs / frameMs) }, (): Int16Array => new Int16Array(length))
  const gain = 10 ** (echoDb / 20)
  let voice: Int16Array = new Int16Array(0)
  const levels = { microphoneDb: Number.NEGATIVE_INFINITY, loudspeakerDb: Number.NEGATIVE_INFINITY }
  return {
    levels,
    length,
    speak(samples: Int16Array) {
      voice = samples
    },
    /** Returns what the microphone picks up while the loudspeaker plays a frame. */
    pickUp(played: Int16Array): Int16Array {
      delay.push(played)
      const echo = delay.shift() ?? played
      const spoken = voice.subarray(0, length)
      voice = voice.subarray(length)
      const mixed = Int16Array.from({ length }, (_, index) => (echo[index] ?? 0) * gain + (spoken[index] ?? 0))
      levels.microphoneDb = dbOf(mixed)
      levels.loudspeakerDb = dbOf(played)
      return mixed
    },
  }
}

async function connect(session: RealtimeSession, clock: ReturnType<typeof createManualClock>): Promise<void> {
  const connecting = session.connect()
  await clock.advance(1)
  await connecting
}

const config = {
  audio: {
    input: {
      transcription: { model: 'gpt-transcribe' },
      turn_detection: { type: 'server_vad', silence_duration_ms: 500 },
    },
  },
} as const

const emulatorOptions = ({ text, transcribe }: AcousticOptions) => ({
  script: () => [reply(text)],
  voice: 'tone' as const,
  ...(transcribe && { hear: transcribe }),
})

/** Creates a line whose audio is sent in events, with a player that reports its progress. */
export async function webSocketLine(options: AcousticOptions): Promise<AcousticLine> {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, ...emulatorOptions(options) })
  const session = createSession({ transport: emulator.connect({ model: 'gpt-realtime-2.1' }), clock, config })
  const room = createRoom(options, 24_000)
  let queue: { readonly itemId: string; samples: Int16Array }[] = []
  session.on('response.output_audio.delta', ({ item_id, delta }) => {
    if (session.playback.enqueued({ itemId: item_id }))
      queue.push({ itemId: item_id, samples: bytesToInt16(decodeBase64(delta)) })
  })
  session.on('interrupted', () => {
    queue = []
  })
  await connect(session, clock)
  return {
    session,
    isMedia: false,
    speak: room.speak,
    get microphoneDb() {
      return room.levels.microphoneDb
    },
    get loudspeakerDb() {
      return room.levels.loudspeakerDb
    },
    async pass(ms) {
      for (let passedMs = 0; passedMs < ms; passedMs += frameMs) {
        const played = new Int16Array(room.length)
        for (let filled = 0; filled < room.length && queue[0]; ) {
          const { itemId, samples } = queue[0]
          const taken = samples.subarray(0, room.length - filled)
          played.set(taken, filled)
          filled += taken.length
          session.playback.played({ itemId }, taken.length / 24)
          if (taken.length === samples.length) queue.shift()
          else queue[0].samples = samples.subarray(taken.length)
        }
        session.audio.append(room.pickUp(played))
        await clock.advance(frameMs)
      }
    },
    stop: () => session.close(),
  }
}

/** Creates a telephone call over `bridgeTwilio`, in mu-law. */
export async function telephoneLine(options: AcousticOptions): Promise<AcousticLine> {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, ...emulatorOptions(options) })
  const session = createSession({ transport: emulator.connect({ model: 'gpt-realtime-2.1' }), clock, config })
  const [near, far] = socketPair()
  const telephone = createTelephone(far, { clock })
  bridgeTwilio(near, session)
  telephone.call()
  await clock.advance(100)
  const room = createRoom(options, 8_000)
  return {
    session,
    isMedia: false,
    speak: (samples) => room.speak(samples.filter((_, index) => index % 3 === 0)),
    get microphoneDb() {
      return room.levels.microphoneDb
    },
    get loudspeakerDb() {
      return room.levels.loudspeakerDb
    },
    async pass(ms) {
      for (let passedMs = 0; passedMs < ms; passedMs += frameMs) {
        const played = decodeMuLaw(telephone.played().slice(-160))
        void telephone.say(encodeMuLaw(room.pickUp(played)))
        await clock.advance(frameMs)
      }
    },
    async stop() {
      telephone.hangUp()
      await settle()
      await session.close()
    },
  }
}

/** Creates a WebRTC call. Its audio is on media tracks, so the session does not receive it. */
export async function mediaLine(options: AcousticOptions): Promise<AcousticLine> {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, ...emulatorOptions(options) })
  const call = emulator.answerCall({ model: 'gpt-realtime-2.1' })
  if (!('callId' in call)) throw new Error('the call was rejected')
  const [near, far] = memoryPair({ audio: 'media' })
  let audio: { write(pcm: Int16Array): void; read(count: number): Int16Array } | undefined
  const attached = call.attach(far, (carried) => {
    audio = carried
  })
  const session = createSession({ transport: near, clock, config })
  await connect(session, clock)
  await attached
  const room = createRoom(options, 24_000)
  return {
    session,
    isMedia: true,
    speak: room.speak,
    get microphoneDb() {
      return room.levels.microphoneDb
    },
    get loudspeakerDb() {
      return room.levels.loudspeakerDb
    },
    async pass(ms) {
      for (let passedMs = 0; passedMs < ms; passedMs += frameMs) {
        audio?.write(room.pickUp(audio.read(room.length)))
        await clock.advance(frameMs)
      }
    },
    stop: () => session.close(),
  }
}
