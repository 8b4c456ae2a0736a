import { type RealtimeSession, type Transport, webSocket } from 'realtime-primitives'
import { captureInto, createMicrophone, createSpeaker, type Microphone, playThrough } from 'realtime-primitives/browser'
import { webRTC } from 'realtime-primitives/webrtc'

/** A way for sound and events to go. The two ways differ in this and in nothing else. */
export interface Line {
  readonly transport: Transport
  readonly speakerDb: number
  setSpeaker(id: string | undefined): Promise<void>
  /** What this session says is to be heard. */
  attach(session: RealtimeSession): void
  /** What the microphone hears is sent, or waits for the connection, until `ignore`. */
  listen(): void
  ignore(): void
  begin(): Promise<void>
  end(): Promise<void>
}

export interface LineOptions {
  readonly microphone: Microphone
  readonly key: () => Promise<string>
  readonly model: string
  readonly baseUrl?: string
  readonly workletUrl: string
  readonly speakerId: string | undefined
}

/** Sound in the events: this page sends what its microphone hears, and plays what comes. */
export function webSocketLine({ microphone, key, model, workletUrl, speakerId, ...rest }: LineOptions): Line {
  const speaker = createSpeaker({ workletUrl, deviceId: speakerId })
  let attached: RealtimeSession | undefined
  let stopCapture: (() => void) | undefined
  let stopPlaying: (() => void) | undefined
  return {
    transport: webSocket({ apiKey: key, model, ...(rest.baseUrl === undefined ? {} : { baseUrl: rest.baseUrl }) }),
    get speakerDb() {
      return speaker.level.rmsDb
    },
    setSpeaker: speaker.setDevice,
    attach(session) {
      attached = session
      stopPlaying = playThrough(session, speaker)
    },
    listen() {
      if (attached) stopCapture ??= captureInto(attached, microphone)
    },
    ignore() {
      stopCapture?.()
      stopCapture = undefined
    },
    begin: () => speaker.start(),
    async end() {
      stopCapture?.()
      stopPlaying?.()
      await speaker.stop()
    },
  }
}

/** Sound beside the events: the browser carries and plays it, and a muted track is all that is needed not to be heard. */
export function webRtcLine({ microphone, key, workletUrl, speakerId, ...rest }: LineOptions): Line {
  const transport = webRTC({
    apiKey: key,
    direction: 'sendrecv',
    ...(rest.baseUrl === undefined ? {} : { baseUrl: rest.baseUrl }),
  })
  const player = new Audio()
  player.autoplay = true
  /** Measures what is played; it is a listener like any other. */
  let meter: Microphone | undefined
  const undo = [
    transport.attach(player),
    microphone.on('device', ({ track }) => void transport.replaceTrack(track)),
    transport.on('remoteAudio', ({ stream }) => {
      void meter?.stop()
      meter = stream && createMicrophone({ stream, workletUrl })
      meter?.start().catch(() => {})
    }),
  ]
  const setSpeaker = (id = '') => player.setSinkId(id)
  return {
    transport,
    get speakerDb() {
      return meter?.level.rmsDb ?? Number.NEGATIVE_INFINITY
    },
    setSpeaker,
    attach() {},
    listen() {},
    ignore() {},
    async begin() {
      if (speakerId !== undefined) await setSpeaker(speakerId)
      await transport.replaceTrack(microphone.stream?.getAudioTracks()[0] ?? null)
    },
    async end() {
      for (const off of undo) off()
      await meter?.stop()
    },
  }
}
