import { createSession, type RealtimeSession, reconnecting } from 'realtime-primitives'
import { webRTC } from 'realtime-primitives/webrtc'

export interface Call {
  readonly session: RealtimeSession
  /** Opens the microphone and connects. */
  begin(): Promise<void>
  /** Makes the agent join the call. Called after each connection, because each one is a new call. Until then, no audio is sent. */
  join(isFirst: boolean): Promise<void>
  setMuted(isMuted: boolean): void
  /** Gives back the microphone and the connection, however far it came. */
  end(): Promise<void>
}

/** A call to the agent. The page handles the audio, and the server joins the call to run the agent. */
export function createCall(baseUrl: string): Call {
  let microphone: MediaStream | undefined
  let secret: string | undefined
  let isMuted = false
  let isJoined = false
  let isOver = false

  const transport = webRTC({
    baseUrl,
    direction: 'sendrecv',
    async apiKey() {
      const key = secret ?? (await mint())
      secret = undefined
      return key
    },
  })
  const player = new Audio()
  player.autoplay = true
  transport.attach(player)
  const session = createSession({ transport: reconnecting(transport) })

  function listen(): void {
    if (isMuted || !isJoined) transport.mute()
    else transport.unmute()
  }
  listen()
  session.subscribe(() => {
    if (session.getState().status !== 'reconnecting') return
    isJoined = false
    listen()
  })

  function letGo(): void {
    for (const track of microphone?.getTracks() ?? []) track.stop()
  }
  void session.closed.then(letGo)

  return {
    session,
    async begin() {
      // A failure here is reported at once. Inside `apiKey`, `reconnecting` would retry it.
      microphone = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true } })
      if (isOver) return letGo()
      await transport.replaceTrack(microphone.getAudioTracks()[0] ?? null)
      secret = await mint()
      await session.connect()
    },
    async join(isFirst) {
      await post(`/calls/${transport.callId}${isFirst ? '?first' : ''}`)
      isJoined = true
      listen()
    },
    setMuted(next) {
      isMuted = next
      listen()
    },
    async end() {
      isOver = true
      letGo()
      await session.close()
    },
  }
}

const mint = async () => (await post('/client-secret')).value ?? ''

async function post(path: string): Promise<{ readonly value?: string }> {
  const answer = await fetch(path, { method: 'POST' }).catch(() => undefined)
  const said = await answer?.json().catch(() => undefined)
  if (!answer?.ok) throw new Error(said?.problem ?? 'The server of this page does not answer. Try again in a minute.')
  return said
}
