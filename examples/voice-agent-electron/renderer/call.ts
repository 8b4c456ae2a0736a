import {
  createSession,
  type RealtimeSession,
  reconnecting,
  runTranscript,
  type Transcript,
  webSocket,
} from 'realtime-primitives'
import { captureInto, createMicrophone, createSpeaker, type Microphone, playThrough } from 'realtime-primitives/browser'
import { webRTC, withFallback } from 'realtime-primitives/webrtc'
import type { Settings } from '../shared/bridge.js'

/** A push-to-talk call. The server does not detect turns: a turn lasts from `startTalking` to `stopTalking`. */
export interface Call {
  readonly session: RealtimeSession
  readonly transcript: Transcript
  readonly microphone: Microphone
  readonly isTalking: boolean
  /** Opens the microphone, muted, and connects. */
  start(): Promise<void>
  /** Interrupts the agent and unmutes the microphone. Does nothing unless the session is open. */
  startTalking(): void
  /** Mutes the microphone and sends the turn. */
  stopTalking(): Promise<void>
  /** Mutes the microphone and discards the turn. */
  cancelTalking(): void
  /** Replaces the connection, which may be lost without notice after the machine slept. */
  reconnect(): void
  end(): Promise<void>
}

export interface CallOptions {
  readonly settings: Settings
  /** Returns a client secret. Called for each connection. */
  readonly createSecret: () => Promise<string>
  /** Receives the reason if the call fails, and errors that do not end it. */
  readonly onProblem: (error: unknown) => void
}

/** People release the button before the last syllable has reached the server. */
const tailMs = 250
const workletUrl = 'worklet.js'

/** Creates a call over WebRTC that falls back to a WebSocket, for networks that block UDP. */
export function createCall({ settings, createSecret, onProblem }: CallOptions): Call {
  const microphone = createMicrophone({ workletUrl })
  const speaker = createSpeaker({ workletUrl })
  let firstSecret: string | undefined
  /** Counts the turns, so that a release that is still waiting does not end the next turn. */
  let turns = 0
  let isTalking = false
  let isOver = false
  let stopCapture: (() => void) | undefined

  const api = {
    async apiKey() {
      const secret = firstSecret ?? (await createSecret())
      firstSecret = undefined
      return secret
    },
    ...(settings.baseUrl !== undefined && { baseUrl: settings.baseUrl }),
  }
  const rtc = webRTC({ ...api, direction: 'sendrecv', connectTimeoutMs: 6_000 })
  const line = withFallback(rtc, webSocket({ ...api, model: settings.model }))
  const session = createSession({ transport: reconnecting(line) })
  const transcript = runTranscript(session)
  const player = new Audio()
  player.autoplay = true

  const unsubscribes = [
    // With WebRTC, audio travels on media tracks. With a WebSocket, it goes through the session.
    rtc.attach(player),
    microphone.on('device', ({ track }) => void rtc.replaceTrack(track)),
    playThrough(session, speaker),
    microphone.on('error', fail),
    session.on('status', ({ status }) => {
      if (status !== 'open') setTalking(false)
    }),
    session.on('error', ({ error }) => onProblem(new Error(`The service reports: ${error.message}`))),
    session.on('response.done', ({ response }) => {
      if (response.status === 'failed') onProblem(new Error('The response failed. Try again.'))
    }),
  ]
  void session.closed.then(({ error }) => fail(error ?? new Error('The service ended the call.')))

  function setTalking(next: boolean): void {
    turns += 1
    isTalking = next
    if (next) microphone.unmute()
    else microphone.mute()
    stopCapture?.()
    stopCapture = next && line.audio === 'events' ? captureInto(session, microphone) : undefined
  }

  function isOpen(): boolean {
    return session.getState().status === 'open'
  }

  function fail(error: unknown): void {
    if (isOver) return
    onProblem(error)
    void end()
  }

  async function end(): Promise<void> {
    if (isOver) return
    isOver = true
    setTalking(false)
    for (const unsubscribe of unsubscribes) unsubscribe()
    await Promise.all([session.close(), microphone.stop(), speaker.stop()])
    transcript.stop()
  }

  setTalking(false)

  return {
    session,
    transcript,
    microphone,
    get isTalking() {
      return isTalking
    },
    async start() {
      try {
        await Promise.all([microphone.start(), speaker.start()])
        await rtc.replaceTrack(microphone.stream?.getAudioTracks()[0] ?? null)
        // A rejected key fails here. Inside an attempt to connect, `reconnecting` would retry it.
        firstSecret = await createSecret()
        if (!isOver) await session.connect()
      } catch (error) {
        fail(error)
      }
    },
    startTalking() {
      if (isTalking || !isOpen()) return
      session.interrupt()
      // WebRTC sends silence between the turns.
      session.send({ type: 'input_audio_buffer.clear' })
      setTalking(true)
    },
    async stopTalking() {
      if (!isTalking) return
      const turn = turns
      await new Promise((resolve) => setTimeout(resolve, tailMs))
      if (turn !== turns) return
      setTalking(false)
      if (!isOpen()) return
      await session.audio.commit()
      session.respond()
    },
    cancelTalking() {
      if (!isTalking) return
      setTalking(false)
      if (isOpen()) session.send({ type: 'input_audio_buffer.clear' })
    },
    reconnect() {
      if (isOpen()) session.rotate().catch(fail)
    },
    end,
  }
}
