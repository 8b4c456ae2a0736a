import type { RealtimeSession } from '../../session/realtime.js'
import { changeTurnDetection, turnDetectionOf } from '../../session/turn-detection.js'

/** Who interrupts the model and responds to turns: the server's turn detection, or the guard. */
export interface TurnControl {
  /** Whether the guard decides. */
  readonly isTaken: boolean
  /** Whether the guard has to request the responses to turns, because the server did so by itself before. */
  readonly mustRespond: boolean
  /** Takes control from the server, and again when a change of the turn detection gave it back. */
  take(): Promise<void>
  /** Restores what the server did by itself before. */
  giveBack(): Promise<void>
}

/** What the server did by itself before the guard took control. */
interface ServerTurns {
  readonly create_response: boolean
  readonly interrupt_response: boolean
}

const noTurns: ServerTurns = { create_response: false, interrupt_response: false }

type Control =
  | { readonly phase: 'server' }
  /** The change is in flight. */
  | { readonly phase: 'taking'; readonly before: ServerTurns }
  /** `reported` is the turn detection that the server reported after the change, as JSON. */
  | { readonly phase: 'guard'; readonly before: ServerTurns; readonly reported: string }

export function createTurnControl(session: RealtimeSession): TurnControl {
  let control: Control = { phase: 'server' }

  async function take(): Promise<void> {
    const previous = control
    const detection = turnDetectionOf(session.getState().session)
    if (previous.phase === 'taking' || !detection) return
    if (previous.phase === 'guard' && previous.reported === JSON.stringify(detection)) return
    const { create_response = true, interrupt_response = true } = detection as Partial<ServerTurns>
    const earlier = previous.phase === 'guard' ? previous.before : noTurns
    // After the guard took control, a setting is off because of the guard, and on because the app or another feature has switched it on.
    const before = {
      create_response: create_response || earlier.create_response,
      interrupt_response: interrupt_response || earlier.interrupt_response,
    }
    control = { phase: 'taking', before }
    try {
      await changeTurnDetection(session, { create_response: false, interrupt_response: false })
      // A server that does not report the change, or does not make it, is not asked again.
      const reported = JSON.stringify(turnDetectionOf(session.getState().session))
      control = { phase: 'guard', before, reported }
    } catch (error) {
      control = previous
      throw error
    }
  }

  return {
    // While the change is in flight, events that follow its acknowledgement may already be dispatched.
    get isTaken() {
      return control.phase !== 'server'
    },
    get mustRespond() {
      return control.phase !== 'server' && control.before.create_response
    },
    take,
    async giveBack() {
      if (control.phase === 'server' || session.getState().status !== 'open') return
      await changeTurnDetection(session, control.before)
    },
  }
}
