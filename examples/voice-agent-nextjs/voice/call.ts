import {
  createSession,
  type RealtimeSession,
  reconnecting,
  runTools,
  runTranscript,
  type Transcript,
  tool,
  webSocket,
} from 'realtime-primitives'
import { captureInto, createMicrophone, createSpeaker, playThrough } from 'realtime-primitives/browser'
import { webRTC, withFallback } from 'realtime-primitives/webrtc'
import { model } from './model'
import { ParcelQuery } from './parcel'

/** A session with its microphone and speaker. */
export interface Call {
  readonly session: RealtimeSession
  readonly transcript: Transcript
  setMuted(isMuted: boolean): void
  /** Requests the microphone and connects. Call it in a click handler, so that the browser allows audio. */
  start(): Promise<void>
  /** Releases all resources. The transcript stays readable. */
  end(): Promise<void>
}

const pickupCode = tool({
  name: 'pickup_code',
  description: 'The code with which a parcel is handed out.',
  parameters: ParcelQuery,
  async execute(query, { signal }) {
    const answer = await fetch('/pickup-code', { method: 'POST', body: JSON.stringify(query), signal })
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
    return answer.json()
  },
})

/** A key for one connection. */
async function fetchKey(): Promise<string> {
  const answer = await fetch('/client-secret', { method: 'POST' })
  const { value, problem } = (await answer.json().catch(() => ({}))) as { value?: string; problem?: string }
  if (value === undefined) throw new Error(problem ?? 'The server of this page does not respond. Try again later.')
  return value
}

/**
 * Creates a call over WebRTC, or over a WebSocket if WebRTC cannot connect.
 * @param onProblem Receives why the call failed or ended, unless the page ended it.
 */
export function createCall(baseUrl: string | undefined, onProblem: (error: unknown) => void): Call {
  const microphone = createMicrophone()
  const speaker = createSpeaker()
  // A network that blocks UDP reports no error. The rest of the connect timeout is left for the WebSocket.
  const rtc = webRTC({ apiKey: nextKey, baseUrl, direction: 'sendrecv', connectTimeoutMs: 6_000 })
  const line = withFallback(rtc, webSocket({ apiKey: nextKey, baseUrl, model }))
  const session = createSession({ transport: reconnecting(line) })
  const transcript = runTranscript(session)
  const player = new Audio()
  player.autoplay = true
  let isOver = false
  let firstKey: string | undefined
  let stopCapture: (() => void) | undefined

  const tools = runTools(session, [pickupCode])
  const unsubscribers = [
    // Over WebRTC, the browser sends and plays the audio …
    rtc.attach(player),
    microphone.on('device', ({ track }) => void rtc.replaceTrack(track)),
    // … and over a WebSocket, audio goes through the session.
    line.on('open', () => {
      if (line.audio === 'events') stopCapture ??= captureInto(session, microphone)
    }),
    () => stopCapture?.(),
    playThrough(session, speaker),
    () => tools.stop(),
    microphone.on('error', fail),
    session.on('error', ({ error }) => onProblem(new Error(`The service reported an error: ${error.message}`))),
    session.on('response.done', ({ response }) => {
      if (response.status === 'failed') onProblem(new Error('The response failed. Repeat what you said.'))
    }),
  ]
  session.closed.then(({ error }) => fail(error ?? new Error('The service ended the call.')))

  async function nextKey(): Promise<string> {
    const key = firstKey ?? (await fetchKey())
    firstKey = undefined
    return key
  }

  function fail(error: unknown): void {
    if (isOver) return
    onProblem(error)
    void end()
  }

  async function end(): Promise<void> {
    if (isOver) return
    isOver = true
    for (const unsubscribe of unsubscribers) unsubscribe()
    await Promise.all([session.close(), microphone.stop(), speaker.stop()])
    transcript.stop()
  }

  return {
    session,
    transcript,
    setMuted(isMuted) {
      if (isMuted) microphone.mute()
      else microphone.unmute()
    },
    async start() {
      try {
        await Promise.all([microphone.start(), speaker.start()])
        // An error of this page's server is reported at once. Inside `apiKey`, `reconnecting` would retry it.
        firstKey = await fetchKey()
        await session.connect()
      } catch (error) {
        fail(error)
      }
    },
    end,
  }
}
