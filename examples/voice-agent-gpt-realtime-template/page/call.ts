import { createSession, type RealtimeSession, reconnecting } from 'realtime-primitives'
import { webRTC } from 'realtime-primitives/webrtc'
import { showLevels } from './levels.js'

export interface Call {
  readonly session: RealtimeSession
  /** Opens the microphone and connects. */
  begin(): Promise<void>
  /** Makes the agent join the call. Called after each connection, because each one is a new call. Until then, no audio is sent. */
  join(isFirst: boolean): Promise<void>
  setMuted(isMuted: boolean): void
  /** Switches to another microphone. `undefined` is the default one. */
  setMicrophone(deviceId: string | undefined): Promise<void>
  /** Gives back the microphone and the connection, however far it came. */
  end(): Promise<void>
}

/** A call to the agent. The page handles the audio, and the server joins the call to run the agent. */
export function createCall(baseUrl: string, deviceId: string | undefined): Call {
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
  const levels = showLevels()
  transport.on('remoteAudio', ({ stream }) => levels.watch('agent', stream))
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
    levels.close()
  }

  async function openMicrophone(id: string | undefined): Promise<void> {
    const audio = { echoCancellation: true, ...(id !== undefined && { deviceId: { exact: id } }) }
    const opened = await navigator.mediaDevices.getUserMedia({ audio })
    if (isOver) {
      for (const track of opened.getTracks()) track.stop()
      return
    }
    const previous = microphone
    microphone = opened
    await transport.replaceTrack(opened.getAudioTracks()[0] ?? null)
    levels.watch('user', opened)
    for (const track of previous?.getTracks() ?? []) track.stop()
  }
  void session.closed.then(letGo)

  return {
    session,
    async begin() {
      // A failure here is reported at once. Inside `apiKey`, `reconnecting` would retry it.
      await openMicrophone(deviceId)
      if (isOver) return
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
    setMicrophone: openMicrophone,
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
