import { throwIfAborted } from '../../internal/abort.js'
import type { Clock } from '../../internal/clock.js'
import { withDeadline } from '../../internal/deadline.js'
import { isSessionError, SessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { isToolError } from '../tools/error.js'
import { watchIgnored } from '../tools/overdue.js'
import type { ToolService } from '../tools/run-tools.js'
import type { Agent, AgentContext } from './agent.js'
import type { Member } from './directory.js'
import { AgentError, isAgentError } from './error.js'
import { rewriteHistory, settledItems } from './history.js'
import { watchVoiceLock } from './voice-lock.js'

/** Who is in charge, as the server has acknowledged it. Changes are made one after the other. */
export interface Charge {
  readonly member: Member
  /** Puts the first agent in charge, in the same breath as the session opens if its instructions are text. */
  start(): Promise<void>
  /** Waits for its turn among changes. */
  inTurn<T>(act: () => Promise<T>): Promise<T>
  /**
   * Puts an agent in charge; for use in a turn.
   * @param onTaken the server has acknowledged it; nothing that it said later has been told yet
   * @throws {AgentError} `INSTRUCTIONS_FAILED`, `UPDATE_REFUSED`, `STOPPED`; who was in charge still is.
   */
  change(to: Member, context: AgentContext, onTaken: () => void, patience: Patience): Promise<void>
  /** Lets the agent in charge have the history that it wants. @throws {AgentError} `HISTORY_FAILED`. */
  tidy(context: AgentContext): Promise<void>
  stop(): void
}

interface AgentUpdate {
  readonly instructions: string
  readonly onTaken: () => void
  readonly signal: AbortSignal
  readonly timeoutMs: number | undefined
}

/**
 * How long to wait for the acknowledgement of an agent: no longer than a request may take, or as long as the server may still have to
 * receive it, because the connection is lost or half-open.
 */
export type Patience = 'request_timeout' | 'connection'

/** How long a function of the app may take, in milliseconds. */
const askMs = 10_000

export function createCharge(options: {
  readonly session: RealtimeSession
  readonly clock: Clock
  readonly tools: ToolService
  readonly first: Member
}): Charge {
  const { session, clock, tools, first } = options
  const ending = new AbortController()
  const voiceLock = watchVoiceLock(session)
  const ownVoice = voiceOf(session)
  let inForce: { readonly member: Member; readonly instructions: string | undefined } = {
    member: first,
    instructions: undefined,
  }
  let lastTurn: Promise<unknown> = Promise.resolve()

  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = lastTurn.then(act)
    lastTurn = turn.catch(() => {})
    return turn
  }

  /** Asks the app for something, which may be a promise, for as long as it may take. */
  function ask<T>(waitingFor: string, question: () => T | Promise<T>): Promise<T> {
    const timeoutError = () => new SessionError('TIMEOUT', { waitingFor, timeoutMs: askMs })
    return withDeadline<T>({ clock, signal: ending.signal, timeoutMs: askMs, timeoutError }, (resolve, reject) => {
      Promise.resolve().then(question).then(resolve, reject)
      return () => {}
    })
  }

  /** Sends the configuration of an agent on the current connection, and after a lost connection on the next one. */
  async function tell(member: Member, instructions: string, onTaken: () => void, patience: Patience): Promise<void> {
    for (;;) {
      const waiting = new AbortController()
      let isLost = false
      const undo = [
        session.on('status', ({ status }) => {
          if (status !== 'reconnecting') return
          isLost = true
          waiting.abort()
        }),
      ]
      if (patience === 'connection')
        undo.push(watchIgnored(session, clock, 'session.updated', (cause) => waiting.abort(cause)))
      const timeoutMs = patience === 'connection' ? Number.POSITIVE_INFINITY : undefined
      try {
        await offer(member, { instructions, onTaken, signal: waiting.signal, timeoutMs })
        return
      } catch (error) {
        if (!isLost) throw error
      } finally {
        for (const off of undo) off()
      }
      await untilOpen(session, ending.signal)
      throwIfAborted(ending.signal)
    }
  }

  /** Instructions, tools and voice in one update: the model never sees the one without the other. */
  async function offer({ agent, offered }: Member, update: AgentUpdate): Promise<void> {
    const { instructions, onTaken, signal, timeoutMs } = update
    const wanted = agent.voice ?? ownVoice
    const voice = voiceLock.isLocked || isSame(wanted, voiceOf(session)) ? undefined : wanted
    const config = { instructions, ...(voice === undefined ? {} : { audio: { output: { voice } } }) }
    try {
      await tools.offer(offered, { config, onTaken, signal, timeoutMs })
    } catch (error) {
      if (voice === undefined || !isVoiceRefusal(error)) throw error
      voiceLock.lock()
      await offer({ agent, offered }, update)
    }
  }

  async function instructionsOf(agent: Agent, context: AgentContext): Promise<string> {
    const { name: agentName, instructions } = agent
    if (typeof instructions === 'string') return instructions
    try {
      const text: unknown = await ask('the instructions of an agent', () => instructions(context))
      if (typeof text !== 'string') throw new TypeError('the function answered no text')
      return text
    } catch (cause) {
      throw new AgentError('INSTRUCTIONS_FAILED', { agent: agentName }, { cause })
    }
  }

  async function take(member: Member, instructions: string, onTaken: () => void, patience: Patience): Promise<void> {
    const noteTaken = () => {
      inForce = { member, instructions }
      onTaken()
    }
    try {
      await tell(member, instructions, noteTaken, patience)
    } catch (error) {
      const cause = isToolError(error, 'TOOLS_REFUSED') ? error.cause : error
      // The server may have received it all the same, so the configuration that is in force is sent again.
      if (isSessionError(cause, 'TIMEOUT') && !ending.signal.aborted) void inTurn(reassert).catch(() => {})
      throw new AgentError('UPDATE_REFUSED', { agent: member.agent.name }, { cause })
    }
  }

  async function reassert(): Promise<void> {
    const { member, instructions } = inForce
    await untilOpen(session, ending.signal)
    if (!ending.signal.aborted && instructions !== undefined) await tell(member, instructions, () => {}, 'connection')
  }

  /** What fails because everything is over, is over. */
  async function orStopped<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw ending.signal.aborted || !isAgentError(error) ? new AgentError('STOPPED', {}, { cause: error }) : error
    }
  }

  return {
    get member() {
      return inForce.member
    },
    start() {
      const started = orStopped(async () => {
        const { agent } = first
        const { instructions } = agent
        const context = { session, from: undefined, input: undefined }
        const text = typeof instructions === 'string' ? instructions : await instructionsOf(agent, context)
        await take(first, text, () => {}, 'connection')
      })
      lastTurn = started.catch(() => {})
      return started
    },
    inTurn,
    change: (to, context, onTaken, patience) =>
      orStopped(async () => {
        const instructions = await instructionsOf(to.agent, context)
        // What is sent while there is no connection would go out some time, whatever has become of it here.
        await untilOpen(session, ending.signal)
        throwIfAborted(ending.signal)
        await take(to, instructions, onTaken, patience)
      }),
    async tidy(context) {
      const { name: agent, history } = inForce.member.agent
      if (!history) return
      try {
        const before = settledItems(session)
        await rewriteHistory(session, before, await ask('the history of an agent', () => history(before, context)))
      } catch (cause) {
        throw new AgentError('HISTORY_FAILED', { agent }, { cause })
      }
    },
    stop() {
      ending.abort()
      voiceLock.stop()
    },
  }
}

/** Waits for a connection; resolves early when the signal aborts, which is for the caller to ask. */
function untilOpen(session: RealtimeSession, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!signal.aborted && session.getState().status !== 'open') return
      undo()
      signal.removeEventListener('abort', look)
      resolve()
    }
    const undo = session.on('status', look)
    signal.addEventListener('abort', look)
    look()
  })
}

type Voice = Agent['voice']

function voiceOf(session: RealtimeSession): Voice {
  return session.getState().config?.audio?.output?.voice
}

function isSame(one: Voice, other: Voice): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function isVoiceRefusal(error: unknown): boolean {
  const cause = isToolError(error, 'TOOLS_REFUSED') ? error.cause : undefined
  return isSessionError(cause, 'SERVER_ERROR') && cause.data.error.code === 'cannot_update_voice'
}
