import type { RealtimeSession } from '../../../src/session/realtime.js'
import type { Environment } from '../world.js'

/** `minSpeechMs` of the interruption guard. */
export const minSpeechMs = 200
/** Pauses between words are at most this long, in milliseconds. */
const pauseMs = 250

/** Checks that a user who speaks for long enough interrupts the response, as soon as the guard can know it. */
export function checkInterruptions(
  { clock, network, report }: Pick<Environment, 'clock' | 'network' | 'report'>,
  options: {
    readonly session: RealtimeSession
    /** Whether the audio of the user travels in events, so that the guard knows its level. */
    readonly hasLevels: boolean
    readonly isLawless: () => boolean
    readonly isStopped: () => boolean
  },
): void {
  const { session, hasLevels, isLawless, isStopped } = options
  /** The speech that continues. It interrupts once. */
  let speech: { hasInterrupted: boolean } | undefined
  /** Audio of the user without a longer pause, in milliseconds. */
  let spokenMs = 0
  let interruptedAt = Number.NEGATIVE_INFINITY
  let silentMs = 0

  function check(): void {
    const { status, responses } = session.getState()
    const { line } = network
    if (!speech || speech.hasInterrupted || isStopped() || isLawless() || status !== 'open' || !line?.isAlive) return
    const { activeId } = responses
    const started = speech
    const isCancelled = () =>
      network.traffic
        .at(-1)
        ?.sentByClient.some(({ type, response_id: id }) => type === 'response.cancel' && id === activeId) ?? false
    // The speech has nothing more to interrupt, also when the response ends in the same tick.
    if (isCancelled()) started.hasInterrupted = true
    // After all listeners of the event.
    setImmediate(() => {
      const isSame = speech === started && network.line === line && line.isAlive && session.getState().status === 'open'
      if (!isSame || isStopped() || activeId === undefined) return
      if (session.getState().responses.activeId !== activeId) return
      started.hasInterrupted = isCancelled()
      if (!started.hasInterrupted) report('a user who speaks for long enough interrupts the response', activeId)
    })
  }

  session.audio.onAppend((audio) => {
    if (typeof audio === 'string') return
    const samples = new Int16Array(audio instanceof Int16Array ? audio : new Int16Array(0))
    const ms = samples.length / 24
    // Pauses of the simulation are nearly silent.
    const isWord = samples.some((sample) => Math.abs(sample) > 1_000)
    if (isWord) {
      spokenMs += silentMs + ms
      silentMs = 0
    } else {
      if (spokenMs > 0) silentMs += ms
      if (silentMs > pauseMs) {
        spokenMs = 0
        silentMs = 0
      }
    }
    if (spokenMs >= minSpeechMs) check()
  })
  session.on('input_audio_buffer.speech_started', () => {
    // The guard may have interrupted before this listener.
    const started = { hasInterrupted: interruptedAt === clock.now() }
    speech = started
    if (hasLevels && spokenMs >= minSpeechMs) check()
    if (hasLevels) return
    const { activeId } = session.getState().responses
    const { frozenMs } = clock
    const { line } = network
    clock.after(minSpeechMs + 5, () => {
      const isSame = clock.frozenMs === frozenMs && network.line === line
      if (isSame && speech === started && session.getState().responses.activeId === activeId) check()
    })
  })
  // It may also interrupt audio that plays on after the end of its response.
  session.on('interrupted', () => {
    interruptedAt = clock.now()
    if (speech) speech.hasInterrupted = true
  })
  session.on('response.created', () => {
    if (hasLevels && spokenMs >= minSpeechMs) check()
  })
  const end = () => {
    speech = undefined
  }
  for (const type of [
    'input_audio_buffer.speech_stopped',
    'input_audio_buffer.committed',
    'input_audio_buffer.cleared',
    'session.created',
    'session.updated',
  ] as const)
    session.on(type, end)
  session.on('status', end)
  // Speech that continues after a commit of the app is another turn.
  session.on('input_audio_buffer.committed', () => {
    spokenMs = 0
    silentMs = 0
  })
}
