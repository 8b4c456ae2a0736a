import {
  createSession,
  type RealtimeSession,
  type RecordedLine,
  reconnecting,
  recording,
  runTools,
  type SessionConfigInput,
} from 'realtime-primitives'
import { createMicrophone, type Microphone } from 'realtime-primitives/browser'
import { type AgentSettings, readTurnDetection } from './agent.js'
import type { Backend, Way } from './backend.js'
import type { Line } from './lines.js'

/** What ends a turn: turn detection on the server, or the user, who releases a button. */
export type TurnTaking = 'server' | 'caller'

export interface CallOptions {
  readonly backend: Backend
  readonly way: Way
  readonly turnTaking: TurnTaking
  readonly agent: AgentSettings
  readonly microphoneId: string | undefined
  readonly speakerId: string | undefined
  /** Receives every frame in the order in which it was sent or received. */
  readonly onFrame: (line: RecordedLine) => void
}

/** A session with its microphone and speaker. */
export interface Call {
  readonly session: RealtimeSession
  readonly microphone: Microphone
  /** Current level of the response's audio, in dBFS. */
  readonly speakerDb: number
  setSpeaker(id: string | undefined): Promise<void>
  setTurnTaking(turnTaking: TurnTaking): Promise<void>
  setMuted(isMuted: boolean): void
  /** Presses the push-to-talk button. */
  press(): void
  /** Releases the button: the audio becomes a turn. */
  release(): Promise<void>
  start(): Promise<void>
  end(): Promise<void>
}

/** Audio that is still sent after the button is released, in milliseconds: users release it during the last syllable. */
const tailMs = 250

export function createCall(options: CallOptions): Call {
  const { backend, way, onFrame } = options
  const workletUrl = 'worklet.js'
  const microphone = createMicrophone({ workletUrl, deviceId: options.microphoneId })
  const line: Line = backend.createLine(way, { microphone, workletUrl, speakerId: options.speakerId })
  const session = createSession({
    transport: recording(reconnecting(line.transport), (text) => onFrame(JSON.parse(text)), { text: 'keep' }),
    config: configFor(options.turnTaking, options.agent.config),
  })
  if (options.agent.tools.length > 0) runTools(session, options.agent.tools)
  let { turnTaking } = options
  let isMuted = false
  let isHeld = false
  /** Counts the presses, so that a press right after a release continues the turn. */
  let holds = 0

  function listen(): void {
    const isOpen = turnTaking === 'server' || isHeld
    if (isOpen && !isMuted) microphone.unmute()
    else microphone.mute()
    // In hands-free turns silence must be sent too: the server detects the end of a turn by it.
    if (isOpen) line.listen()
    else line.ignore()
  }
  line.attach(session)
  listen()

  return {
    session,
    microphone,
    get speakerDb() {
      return line.speakerDb
    },
    setSpeaker: line.setSpeaker,
    async setTurnTaking(next) {
      turnTaking = next
      isHeld = false
      holds += 1
      listen()
      if (session.getState().status === 'open') await session.update(configFor(next))
    },
    setMuted(next) {
      isMuted = next
      listen()
    },
    press() {
      if (turnTaking !== 'caller' || session.getState().status !== 'open') return
      holds += 1
      if (isHeld) return
      isHeld = true
      session.interrupt()
      // Earlier audio is not part of this turn.
      session.send({ type: 'input_audio_buffer.clear' })
      listen()
    },
    async release() {
      if (!isHeld) return
      const hold = holds
      await new Promise((resolve) => setTimeout(resolve, tailMs))
      if (hold !== holds) return
      isHeld = false
      listen()
      if (session.getState().status !== 'open') return
      await session.audio.commit()
      session.respond()
    },
    async start() {
      await microphone.start()
      await Promise.all([line.start(), session.connect()])
    },
    async end() {
      holds += 1
      await Promise.all([session.close(), microphone.stop(), line.end()])
    },
  }
}

/** Returns the configuration of the session. The settings of the agent apply until the call ends. */
export function configFor(turnTaking: TurnTaking, agent: SessionConfigInput = {}): SessionConfigInput {
  const turn_detection = turnTaking === 'server' ? readTurnDetection() : null
  return { ...agent, audio: { ...agent.audio, input: { transcription: { model: 'gpt-transcribe' }, turn_detection } } }
}
