import type { RealtimeSession, Transport } from 'realtime-primitives'
import { captureInto, createMicrophone, createSpeaker, type Microphone, playThrough } from 'realtime-primitives/browser'
import type { WebRtcTransport } from 'realtime-primitives/webrtc'

/** Connection of a page: how audio and events travel. Only this differs between WebRTC and WebSocket. */
export interface Line {
  readonly transport: Transport
  readonly speakerDb: number
  setSpeaker(id: string | undefined): Promise<void>
  /** Plays the audio of a session. */
  attach(session: RealtimeSession): void
  /** Sends microphone audio, or buffers it until the connection is open, until `ignore` is called. */
  listen(): void
  ignore(): void
  start(): Promise<void>
  end(): Promise<void>
}

export interface LineOptions {
  readonly microphone: Microphone
  readonly workletUrl: string
  readonly speakerId: string | undefined
}

/** Audio in events: the page sends the microphone's audio and plays the received audio. */
export function eventLine(transport: Transport, { microphone, workletUrl, speakerId }: LineOptions): Line {
  const speaker = createSpeaker({ workletUrl, deviceId: speakerId })
  let attached: RealtimeSession | undefined
  let stopCapture: (() => void) | undefined
  let stopPlaying: (() => void) | undefined
  return {
    transport,
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
    start: () => speaker.start(),
    async end() {
      stopCapture?.()
      stopPlaying?.()
      await speaker.stop()
    },
  }
}

/** Audio in media tracks: the browser sends and plays it. A muted track sends silence. */
export function mediaLine(transport: WebRtcTransport, { microphone, workletUrl, speakerId }: LineOptions): Line {
  const player = new Audio()
  player.autoplay = true
  /** Measures the played audio. */
  let meter: Microphone | undefined
  const unsubscribers = [
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
    async start() {
      if (speakerId !== undefined) await setSpeaker(speakerId)
      await transport.replaceTrack(microphone.stream?.getAudioTracks()[0] ?? null)
    },
    async end() {
      for (const unsubscribe of unsubscribers) unsubscribe()
      await meter?.stop()
    },
  }
}
