import { throwIfAborted } from '../../internal/abort.js'
import type { Clock } from '../../internal/clock.js'
import { withDeadline } from '../../internal/deadline.js'
import { isSessionError, SessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { whenOpen } from '../../session/when-open.js'
import { isToolError } from '../tools/error.js'
import type { AcknowledgementWait } from '../tools/tool-registration.js'
import type { ToolService } from '../tools/tool-service.js'
import type { Agent, AgentContext } from './agent.js'
import { AgentError, isAgentError } from './error.js'
import { completeItems, rewriteHistory } from './history.js'
import type { RegistryEntry } from './registry.js'
import { watchVoiceLock } from './voice-lock.js'

/** The active agent, as the server has acknowledged it. Changes run one after the other. */
export interface ActiveAgent {
  readonly entry: RegistryEntry
  /** Activates the first agent. If its instructions are a string, this happens in the same tick in which the session opens. */
  start(): Promise<void>
  /** Runs `act` after all earlier changes. */
  enqueue<T>(act: () => Promise<T>): Promise<T>
  /**
   * Activates an agent. Call it inside `enqueue`.
   * @param onAcknowledged Called when the server has acknowledged the agent, before later events reach their listeners.
   * @throws {AgentError} `INSTRUCTIONS_FAILED`, `UPDATE_REFUSED`, `STOPPED`. The previous agent stays active.
   */
  activate(
    to: RegistryEntry,
    context: AgentContext,
    onAcknowledged: () => void,
    wait: AcknowledgementWait,
  ): Promise<void>
  /** Applies the `history` filter of the active agent. @throws {AgentError} `HISTORY_FAILED`. */
  applyHistory(context: AgentContext): Promise<void>
  stop(): void
}

interface AgentUpdate {
  readonly instructions: string
  readonly onAcknowledged: () => void
  readonly signal: AbortSignal
  readonly wait: AcknowledgementWait
}

/** Timeout of a function of the app in milliseconds. */
const callbackTimeoutMs = 10_000

export function createActiveAgent(options: {
  readonly session: RealtimeSession
  readonly clock: Clock
  readonly tools: ToolService
  readonly first: RegistryEntry
  /** Called with the id of each item that a `history` filter creates, before it is sent. */
  readonly onItemCreated: (itemId: string) => void
}): ActiveAgent {
  const { session, clock, tools, first, onItemCreated } = options
  const ending = new AbortController()
  const voiceLock = watchVoiceLock(session)
  const ownVoice = voiceOf(session)
  let active: { readonly entry: RegistryEntry; readonly instructions: string | undefined } = {
    entry: first,
    instructions: undefined,
  }
  let lastChange: Promise<unknown> = Promise.resolve()

  function enqueue<T>(act: () => Promise<T>): Promise<T> {
    const change = tools.trackRegistration(lastChange.then(act))
    lastChange = change.catch(() => {})
    return change
  }

  /** Calls a function of the app with a timeout. */
  function callApp<T>(waitingFor: string, callback: () => T | Promise<T>): Promise<T> {
    const timeoutError = () => new SessionError('TIMEOUT', { waitingFor, timeoutMs: callbackTimeoutMs })
    return withDeadline<T>(
      { clock, signal: ending.signal, timeoutMs: callbackTimeoutMs, timeoutError },
      (resolve, reject) => {
        Promise.resolve().then(callback).then(resolve, reject)
        return () => {}
      },
    )
  }

  /** Sends the configuration of an agent when the session is open, and again on the next connection when this one is lost. */
  async function sendAgent(
    entry: RegistryEntry,
    instructions: string,
    onAcknowledged: () => void,
    wait: AcknowledgementWait,
  ): Promise<void> {
    const send = () => sendOnConnection(entry, instructions, onAcknowledged, wait)
    while ((await whenOpen(session, send, ending.signal)) === 'lost') throwIfAborted(ending.signal)
  }

  /** Sends the configuration of an agent on the current connection. Resolves with `lost` when the connection is lost before the acknowledgement. */
  async function sendOnConnection(
    entry: RegistryEntry,
    instructions: string,
    onAcknowledged: () => void,
    wait: AcknowledgementWait,
  ): Promise<'acknowledged' | 'lost'> {
    const waiting = new AbortController()
    const onStop = () => waiting.abort()
    ending.signal.addEventListener('abort', onStop)
    let isLost = false
    const unsubscribers = [
      () => ending.signal.removeEventListener('abort', onStop),
      session.on('status', ({ status }) => {
        if (status !== 'reconnecting') return
        isLost = true
        waiting.abort()
      }),
    ]
    try {
      await sendUpdate(entry, { instructions, onAcknowledged, signal: waiting.signal, wait })
      return 'acknowledged'
    } catch (error) {
      if (isLost) return 'lost'
      throw error
    } finally {
      for (const off of unsubscribers) off()
    }
  }

  /** Sends instructions, tools, and voice in one update, so that no response sees only part of them. */
  async function sendUpdate({ agent, tools: agentTools }: RegistryEntry, update: AgentUpdate): Promise<void> {
    const { instructions, onAcknowledged, signal, wait } = update
    const wanted = agent.voice ?? ownVoice
    const voice = voiceLock.isLocked || isSame(wanted, voiceOf(session)) ? undefined : wanted
    const config = { instructions, ...(voice === undefined ? {} : { audio: { output: { voice } } }) }
    try {
      await tools.register(agentTools, { config, onAcknowledged, signal, wait })
    } catch (error) {
      if (voice === undefined || !isVoiceRefusal(error)) throw error
      voiceLock.lock()
      await sendUpdate({ agent, tools: agentTools }, update)
    }
  }

  async function instructionsOf(agent: Agent, context: AgentContext): Promise<string> {
    const { name: agentName, instructions } = agent
    if (typeof instructions === 'string') return instructions
    try {
      const text: unknown = await callApp('the instructions of an agent', () => instructions(context))
      if (typeof text !== 'string') throw new TypeError('the function did not return a string')
      return text
    } catch (cause) {
      throw new AgentError('INSTRUCTIONS_FAILED', { agent: agentName }, { cause })
    }
  }

  async function activate(
    entry: RegistryEntry,
    instructions: string,
    onAcknowledged: () => void,
    wait: AcknowledgementWait,
  ): Promise<void> {
    const onActive = () => {
      active = { entry, instructions }
      onAcknowledged()
    }
    try {
      await sendAgent(entry, instructions, onActive, wait)
    } catch (error) {
      const cause = isToolError(error, 'TOOLS_REFUSED') ? error.cause : error
      // The server may have applied the update anyway, so the configuration of the active agent is sent again.
      if (isSessionError(cause, 'TIMEOUT') && !ending.signal.aborted) void enqueue(resendActive).catch(() => {})
      throw new AgentError('UPDATE_REFUSED', { agent: entry.agent.name }, { cause })
    }
  }

  async function resendActive(): Promise<void> {
    const { entry, instructions } = active
    if (instructions !== undefined) await sendAgent(entry, instructions, () => {}, 'connection')
  }

  /** Replaces the error of a change that failed because of `stop` with `STOPPED`. */
  async function orThrowStopped<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw ending.signal.aborted || !isAgentError(error) ? new AgentError('STOPPED', {}, { cause: error }) : error
    }
  }

  return {
    get entry() {
      return active.entry
    },
    start() {
      const started = orThrowStopped(async () => {
        const { agent } = first
        const { instructions } = agent
        const context = { session, from: undefined, input: undefined }
        const text = typeof instructions === 'string' ? instructions : await instructionsOf(agent, context)
        await activate(first, text, () => {}, 'connection')
      })
      lastChange = started.catch(() => {})
      return tools.trackRegistration(started)
    },
    enqueue,
    activate: (to, context, onAcknowledged, wait) =>
      orThrowStopped(async () => {
        const instructions = await instructionsOf(to.agent, context)
        throwIfAborted(ending.signal)
        await activate(to, instructions, onAcknowledged, wait)
      }),
    async applyHistory(context) {
      const { name: agent, history } = active.entry.agent
      if (!history) return
      try {
        const before = completeItems(session)
        const after = await callApp('the history of an agent', () => history(before, context))
        await rewriteHistory(session, before, after, onItemCreated)
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
