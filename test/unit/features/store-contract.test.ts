import {
  createApprovals,
  createSession,
  createTranscriptionSession,
  createTranslationSession,
  memoryPair,
  type ReadableStore,
  reconnecting,
  runAgents,
  runTranscript,
  runUsage,
  type TranscriptionSession,
} from 'realtime-primitives'
import { createMicrophone, createSpeaker } from 'realtime-primitives/browser'
import { createEmulator, createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it, vi } from 'vitest'
import { droppable } from '../../support/droppable.js'
import { createPeer, sessionResource, settle } from '../../support/peer.js'

const agents = [{ name: 'reception', instructions: 'Greet the caller.' }] as const

const stores: readonly [string, () => ReadableStore<unknown>][] = [
  ['a session', () => createPeer().session],
  ['a transcription session', () => createTranscriptionSession({ transport: memoryPair()[0] })],
  ['a translation session', () => createTranslationSession({ transport: memoryPair()[0] })],
  ['a transcript', () => runTranscript(createPeer().session)],
  ['usage', () => runUsage(createPeer().session)],
  ['approvals', () => createApprovals()],
  ['agents', () => runAgents(createPeer().session, { agents, start: 'reception' })],
  ['a microphone', () => createMicrophone()],
  ['a speaker', () => createSpeaker()],
]

describe.each(stores)('%s as a store', (_, create) => {
  it('returns the same state, and the same server state, until something changes', () => {
    const store = create()
    expect(store.getState()).toBe(store.getState())
    expect(store.getServerState()).toBe(store.getServerState())
    expect(store.getServerState()).toEqual(store.getState())
  })

  it('returns an unsubscribe function', () => {
    expect(create().subscribe(() => {})).toBeTypeOf('function')
  })

  it('has methods that work without the object', () => {
    const { getState, getServerState, subscribe } = create()
    subscribe(() => {})()
    expect(getServerState()).toEqual(getState())
  })
})

describe('the state of approvals', () => {
  it('changes with each request and decision, and the server state does not', async () => {
    const approvals = createApprovals({ clock: createManualClock() })
    const onChange = vi.fn()
    approvals.subscribe(onChange)
    const request = { id: 'call_1', kind: 'function', tool: 'pay', arguments: {} } as const
    const decision = approvals.request(request, new AbortController().signal)
    expect(approvals.getState().pending).toEqual([request])
    expect(approvals.pending).toBe(approvals.getState().pending)
    approvals.approve('call_1')
    await decision
    expect(approvals.getState().pending).toEqual([])
    expect(onChange).toHaveBeenCalledTimes(2)
    expect(approvals.getServerState().pending).toEqual([])
  })
})

describe('the state of agents', () => {
  it('has the active agent, and notifies of a handoff', async () => {
    const clock = createManualClock()
    const emulator = createEmulator({ clock })
    const session = createSession({ transport: emulator.connect({ model: 'gpt-realtime' }), clock })
    const run = runAgents(session, {
      agents: [
        { name: 'reception', instructions: 'Greet.', handoffs: ['billing'] },
        { name: 'billing', instructions: 'Bill.' },
      ],
      start: 'reception',
    })
    const names: string[] = []
    run.subscribe(() => names.push(run.getState().current.name))
    const connecting = session.connect()
    await clock.advance(10)
    await connecting
    const handedOff = run.handOff('billing')
    await clock.advance(1_000)
    await handedOff
    expect(names).toEqual(['billing'])
    expect(run.current).toBe(run.getState().current)
    expect(run.getServerState().current.name).toBe('reception')
    await session.close()
  })
})

describe('reconnect in the state of a session', () => {
  it('has the attempt together with the status, until the session is restored', async () => {
    const server = droppable()
    const session = createSession({ transport: server.transport, clock: createManualClock() })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    const seen: unknown[] = []
    session.subscribe(() => seen.push([session.getState().status, session.getState().reconnect]))
    const attempts: number[] = []
    session.on('reconnecting', ({ attempt }) => attempts.push(attempt))
    server.drop()
    expect(seen).toEqual([['reconnecting', { attempt: 1, delayMs: 0 }]])
    expect(attempts).toEqual([1])
    server.restore()
    await settle()
    expect(session.getState().reconnect).toEqual({ attempt: 1, delayMs: 0 })
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await settle()
    expect(session.getState()).toMatchObject({ status: 'open', reconnect: undefined })
    server.drop()
    await session.close()
    expect(session.getState()).toMatchObject({ status: 'closed', reconnect: undefined })
  })

  it.each([
    ['session', createSession],
    ['transcription session', createTranscriptionSession],
    ['translation session', createTranslationSession],
  ] as const)('counts the attempts of connect() of a %s', async (_, create) => {
    const clock = createManualClock()
    const failing = { ...droppable().transport, open: () => Promise.reject(new Error('unreachable')) }
    const session = create({
      transport: reconnecting(failing, { clock, maxAttempts: 3, retryDelayMs: () => 1_000 }),
      clock,
      connectTimeoutMs: 60_000,
    })
    const attempts: unknown[] = []
    const on = session.on as TranscriptionSession['on']
    on('reconnecting', ({ attempt, delayMs, cause }) => {
      attempts.push([attempt, delayMs, cause instanceof Error, session.getState().status, session.getState().reconnect])
    })
    const connecting = session.connect()
    connecting.catch(() => {})
    await clock.advance(5_000)
    await expect(connecting).rejects.toThrow()
    expect(attempts).toEqual([
      [2, 1_000, true, 'connecting', { attempt: 2, delayMs: 1_000 }],
      [3, 1_000, true, 'connecting', { attempt: 3, delayMs: 1_000 }],
    ])
    expect(session.getState()).toMatchObject({ status: 'idle', reconnect: undefined })
  })
})
