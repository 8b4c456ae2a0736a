import {
  type AgentRun,
  createApprovals,
  createSession,
  memoryPair,
  type RealtimeSession,
  runAgents,
  runTools,
  runUsage,
  selectItems,
  type Tool,
  type ToolRun,
  tool,
} from 'realtime-primitives'
import {
  type CallStore,
  memoryStore,
  type PersistenceError,
  type PersistOptions,
  persist,
  type ResumedParts,
  type ResumeOptions,
  resume,
  type SavedCall,
} from 'realtime-primitives/server'
import {
  call,
  createEmulator,
  createManualClock,
  type Emulator,
  reply,
  type Script,
  silence,
  type Turn,
} from 'realtime-primitives/testing'
import { describe, expect, it, vi } from 'vitest'
import { createKillableNode, type KillableNode } from '../../../support/killable-node.js'

type UserTurn = Parameters<Extract<Script<Turn>, (turn: never) => unknown>>[0]

/** A service, a store, and nodes that can be killed. */
function cluster(script: (turn: UserTurn) => ReturnType<Extract<Script<Turn>, (turn: never) => unknown>>) {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, script: script as never })
  const store = memoryStore({ clock })
  const newNode = () => createKillableNode(clock)
  const newSession = (node: KillableNode, saved?: SavedCall) =>
    createSession({
      clock: node.clock,
      transport: node.transport(emulator.connect({ model: 'gpt-realtime-2.1' })),
      config: { output_modalities: ['text'], instructions: 'Be brief.' },
      snapshot: saved?.snapshot,
    })
  async function startCall(node: KillableNode, parts: (session: RealtimeSession) => PersistOptions = () => ({})) {
    const session = newSession(node)
    const options = parts(session)
    const persistence = persist(session, node.store(store), 'call', { leaseMs: 3_000, ...options })
    await Promise.all([session.connect(), clock.advance(1_000)])
    await Promise.all([options.tools?.ready, clock.advance(1_000)])
    return { session, persistence }
  }
  async function resumeCall<Parts extends ResumedParts>(
    node: KillableNode,
    parts: (session: RealtimeSession, saved: SavedCall | undefined) => Omit<Parts, 'session'>,
    options: Partial<ResumeOptions<Parts>> = {},
    from: CallStore = store,
  ) {
    const resumed = resume<Parts>(node.store(from), 'call', {
      clock: node.clock,
      leaseMs: 3_000,
      ...options,
      start(saved) {
        const session = newSession(node, saved)
        return { ...parts(session, saved), session } as Parts
      },
    })
    resumed.catch(() => {})
    await clock.advance(7_000)
    const result = await resumed
    await Promise.all([result.session.connect(), clock.advance(2_000)])
    await clock.advance(5_000)
    return result
  }
  return { clock, emulator, store, newNode, newSession, startCall, resumeCall }
}

const texts = (session: RealtimeSession) =>
  selectItems(session.getState()).flatMap(({ item }) => {
    if (item.type !== 'message') return [`${item.type}${'output' in item ? ` ${item.output}` : ''}`]
    return [`${item.role}: ${(item.content ?? []).map((part) => ('text' in part ? part.text : '')).join('')}`]
  })

function counter(name: string, run: (key: string) => unknown, options: Partial<Parameters<typeof tool>[0]> = {}) {
  const keys: string[] = []
  const counted = tool({
    name,
    ...options,
    execute(_, { idempotencyKey }) {
      keys.push(idempotencyKey)
      return run(idempotencyKey)
    },
  } as Parameters<typeof tool>[0])
  return { tool: counted as Tool, keys }
}

describe('resume', () => {
  it('continues configuration, conversation, agent, usage, and data after the first node died', async () => {
    const { clock, newNode, startCall, resumeCall } = cluster(({ text }) =>
      text === 'hand me over' ? call('transfer_to_billing') : `You said: ${text ?? 'nothing'}`,
    )
    const agents = [
      { name: 'reception', instructions: 'You are the reception.', handoffs: ['billing'] },
      { name: 'billing', instructions: 'You are the billing.' },
    ] as const
    const first = newNode()
    const { session } = await startCall(first, (own) => ({
      tools: runAgents(own, { agents, start: 'reception' }) as unknown as AgentRun,
      usage: runUsage(own),
      data: () => ({ customer: 7 }),
    }))
    session.sendMessage('hand me over')
    await clock.advance(10_000)
    const before = texts(session)
    expect(before.at(-1)).toMatch(/^assistant: You said/)
    first.kill()

    const second = newNode()
    const result = await resumeCall<ResumedParts & { run: AgentRun }>(second, (own, saved) => {
      expect(saved?.data).toEqual({ customer: 7 })
      const run = runAgents(own, {
        agents,
        start: (saved?.agent ?? 'reception') as 'billing',
      }) as unknown as AgentRun
      return { tools: run, run, usage: runUsage(own, { initial: saved?.usage }) }
    })
    expect(result.outcome).toBe('resumed')
    expect(result.parts.run.current.name).toBe('billing')
    expect(texts(result.session)).toEqual(before)
    expect(result.parts.usage?.getState().total.responses).toBe(2)
    result.session.sendMessage('still there?')
    await clock.advance(5_000)
    expect(texts(result.session).at(-1)).toBe('assistant: You said: still there?')
  })

  it('keeps the last data when the function of the app throws, and records everything else', async () => {
    const { clock, newNode, startCall, resumeCall } = cluster(({ text }) => `You said: ${text ?? 'nothing'}`)
    const reported: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
    let read: () => object = () => ({ customer: 7 })
    const first = newNode()
    const { session, persistence } = await startCall(first, () => ({ data: () => read() as { customer: number } }))
    const failures: string[] = []
    persistence.on('failed', ({ code }) => failures.push(code))
    read = () => {
      throw new Error('no database')
    }
    session.sendMessage('one')
    await clock.advance(5_000)
    read = () => ({ customer: 8n })
    session.sendMessage('two')
    await clock.advance(5_000)
    vi.unstubAllGlobals()
    first.kill()
    const result = await resumeCall(newNode(), (_own, saved) => {
      expect(saved?.data).toEqual({ customer: 7 })
      return {}
    })
    expect(texts(result.session)).toContain('user: two')
    expect(failures).toEqual([])
    expect(reported).toContainEqual(new Error('no database'))
  })

  it('requests the response that was running, and not one that was complete', async () => {
    let responses = 0
    const { clock, newNode, startCall, resumeCall } = cluster(() => {
      responses += 1
      return responses === 1 ? [{ step: 'silence', ms: 20_000 }, reply('late')] : reply('continued')
    })
    const first = newNode()
    const { session } = await startCall(first)
    session.sendMessage('Tell me more.')
    await clock.advance(1_000)
    first.kill()
    const second = newNode()
    const resumed = await resumeCall(second, () => ({}))
    expect(texts(resumed.session)).toEqual(['user: Tell me more.', 'assistant: continued'])
    second.kill()
    const third = await resumeCall(newNode(), () => ({}))
    expect(texts(third.session)).toEqual(['user: Tell me more.', 'assistant: continued'])
    expect(responses).toBe(2)
  })

  it('does not run a tool again whose result was recorded, and sends the result', async () => {
    const { clock, newNode, startCall, resumeCall, emulator } = cluster(({ input }) =>
      input.at(-1)?.type === 'function_call_output'
        ? reply('Booked.')
        : [call('book'), { step: 'silence', ms: 60_000 }],
    )
    const book = counter('book', () => 'booked 17')
    const first = newNode()
    const { session } = await startCall(first, (own) => ({ tools: runTools(own, [book.tool]) }))
    session.sendMessage('Book it.')
    await clock.advance(2_000)
    expect(book.keys).toHaveLength(1)
    first.kill()
    const resumed = await resumeCall(newNode(), (own) => ({ tools: runTools(own, [book.tool]) }))
    expect(book.keys).toHaveLength(1)
    expect(texts(resumed.session)).toEqual([
      'user: Book it.',
      'function_call',
      'function_call_output booked 17',
      'assistant: Booked.',
    ])
    expect(emulator.sessionCount).toBe(1)
  })

  it.each([
    ['runs an idempotent tool again with the same key', true, 2, 'function_call_output done'],
    ['answers a started call of another tool with UNFINISHED', false, 1, 'UNFINISHED'],
  ])('%s', async (_, idempotent, runs, expected) => {
    const { clock, newNode, startCall, resumeCall } = cluster(({ input }) =>
      input.at(-1)?.type === 'function_call_output' ? reply('OK.') : call('pay'),
    )
    let isFirst = true
    const pay = counter(
      'pay',
      () => {
        if (!isFirst) return 'done'
        isFirst = false
        return new Promise(() => {})
      },
      { idempotent },
    )
    const errors: string[] = []
    const tools = (own: RealtimeSession) => {
      const run: ToolRun = runTools(own, [pay.tool])
      run.on('error', ({ code }) => errors.push(code))
      return { tools: run }
    }
    const first = newNode()
    const { session } = await startCall(first, tools)
    session.sendMessage('Pay.')
    await clock.advance(2_000)
    expect(pay.keys).toHaveLength(1)
    first.kill()
    const resumed = await resumeCall(newNode(), tools)
    expect(pay.keys).toHaveLength(runs)
    expect(new Set(pay.keys).size).toBe(1)
    expect(pay.keys[0]).toMatch(/^call:/)
    expect(texts(resumed.session).some((text) => text.includes(expected))).toBe(true)
    expect(texts(resumed.session).at(-1)).toBe('assistant: OK.')
    expect(errors).toEqual(idempotent ? [] : ['UNFINISHED'])
  })

  it('requests a pending approval again, and keeps one that was given', async () => {
    const { clock, newNode, startCall, resumeCall } = cluster(({ input }) =>
      input.at(-1)?.type === 'function_call_output' ? reply('OK.') : call('send'),
    )
    const send = counter('send', () => 'sent', { needsApproval: true })
    const approvals = [1, 2].map(() => createApprovals({ timeoutMs: Number.POSITIVE_INFINITY }))
    const first = newNode()
    const { session } = await startCall(first, (own) => ({
      tools: runTools(own, [send.tool], { approvals: approvals[0] as never }),
    }))
    session.sendMessage('Send it.')
    await clock.advance(2_000)
    expect(approvals[0]?.pending).toHaveLength(1)
    first.kill()
    let waiting: readonly string[] = []
    const resumed = await resumeCall(newNode(), (own, saved) => {
      waiting = saved?.approvals ?? []
      return { tools: runTools(own, [send.tool], { approvals: approvals[1] as never }) }
    })
    const [request] = approvals[1]?.pending ?? []
    expect(waiting).toEqual([request?.id])
    expect(send.keys).toEqual([])
    approvals[1]?.approve(request?.id ?? '')
    await clock.advance(3_000)
    expect(send.keys).toHaveLength(1)
    expect(texts(resumed.session).at(-1)).toBe('assistant: OK.')
  })

  it('keeps decisions that were made with always, and no decision that was reset', async () => {
    const { clock, newNode, startCall, resumeCall } = cluster(({ input }) =>
      input.at(-1)?.type === 'function_call_output' ? reply('OK.') : call('send'),
    )
    const send = counter('send', () => 'sent', { needsApproval: true })
    const approvals = [1, 2, 3].map(() => createApprovals({ timeoutMs: Number.POSITIVE_INFINITY }))
    const partsOf = (index: number) => (own: RealtimeSession) => ({
      tools: runTools(own, [send.tool], { approvals: approvals[index] as never }),
    })
    const nodes = [newNode(), newNode(), newNode()] as const
    const { session } = await startCall(nodes[0], partsOf(0))
    session.sendMessage('Send it.')
    await clock.advance(2_000)
    approvals[0]?.approve(approvals[0].pending[0]?.id ?? '', { always: true })
    await clock.advance(3_000)
    nodes[0].kill()

    const second = await resumeCall(nodes[1], partsOf(1))
    second.session.sendMessage('Send it again.')
    await clock.advance(3_000)
    expect(approvals[1]?.pending).toEqual([])
    expect(send.keys).toHaveLength(2)
    approvals[1]?.reset()
    await clock.advance(1_000)
    nodes[1].kill()

    const third = await resumeCall(nodes[2], partsOf(2))
    third.session.sendMessage('And again.')
    await clock.advance(3_000)
    expect(approvals[2]?.pending).toHaveLength(1)
    expect(send.keys).toHaveLength(2)
  })

  it('with a function as takeOver, takes the call of a dead node at once, and of no other', async () => {
    const { clock, newNode, newSession, startCall, store } = cluster(() => reply('Hello.'))
    const first = newNode()
    await startCall(first, () => ({ holder: 'node1', leaseMs: 60_000 }))
    first.kill()
    const asked: string[] = []
    const attempt = (isDead: boolean) => {
      const node = newNode()
      return resume(node.store(store), 'call', {
        clock: node.clock,
        holder: 'node2',
        waitMs: 1,
        start: (saved) => ({ session: newSession(node, saved) }),
        takeOver(holder) {
          asked.push(holder)
          return isDead && holder === 'node1'
        },
      })
    }
    const refused = attempt(false)
    refused.catch(() => {})
    await clock.advance(100)
    await expect(refused).rejects.toMatchObject({ code: 'LEASE_TAKEN' })
    expect(new Set(asked)).toEqual(new Set(['node1']))
    // One of several processes gets it.
    const results = Promise.allSettled([attempt(true), attempt(true), attempt(true)])
    await clock.advance(100)
    const outcomes = (await results).map((result) => (result.status === 'fulfilled' ? result.value.outcome : 'refused'))
    expect(outcomes.sort()).toEqual(['refused', 'refused', 'resumed'])
  })

  it('waits for the lease of a live node, and rejects with LEASE_TAKEN', async () => {
    const { newNode, startCall, resumeCall, clock } = cluster(() => 'Hello.')
    const { session } = await startCall(newNode())
    await expect(resumeCall(newNode(), () => ({}))).rejects.toMatchObject({ code: 'LEASE_TAKEN' })
    await clock.advance(10_000)
    expect(session.getState().status).toBe('open')
  })

  it('with a store that does not transfer the lease of a dead node, asks again until waitMs, and rejects with LEASE_TAKEN', async () => {
    const { newNode, startCall, resumeCall, store } = cluster(() => 'Hello.')
    await startCall(newNode())
    const requests: string[] = []
    const stubborn: CallStore = {
      ...store,
      lease(key, request) {
        requests.push(request.action)
        return store.lease(key, request.action === 'takeOver' ? { ...request, from: -1 } : request)
      },
    }
    const options = { takeOver: () => true, waitMs: 1_000 }
    await expect(resumeCall(newNode(), () => ({}), options, stubborn)).rejects.toMatchObject({ code: 'LEASE_TAKEN' })
    expect(requests.filter((action) => action === 'takeOver').length).toBeLessThan(50)
  })

  it('with takeOver always, closes the session of a node that still runs, and its tools start no more', async () => {
    const { clock, newNode, startCall, resumeCall } = cluster(({ text }) => (text === 'pay' ? call('pay') : 'Hello.'))
    const pay = counter('pay', () => 'done')
    const { session, persistence } = await startCall(newNode(), (own) => ({ tools: runTools(own, [pay.tool]) }))
    const lost: PersistenceError[] = []
    persistence.on('lost', (error) => lost.push(error))
    const second = resumeCall(newNode(), () => ({}), { takeOver: 'always' })
    await clock.advance(0)
    session.sendMessage('pay')
    const resumed = await second
    expect(session.getState().status).toBe('closed')
    expect(lost.map(({ code }) => code)).toEqual(['LEASE_LOST'])
    expect(pay.keys).toEqual([])
    expect(resumed.session.getState().status).toBe('open')
  })

  it('lets exactly one of several nodes continue', async () => {
    const { clock, store, newNode, newSession, startCall } = cluster(() => 'Hello.')
    const first = newNode()
    await startCall(first)
    first.kill()
    const attempts = Array.from({ length: 5 }, () => {
      const node = newNode()
      return resume(node.store(store), 'call', {
        clock: node.clock,
        leaseMs: 3_000,
        start: (saved) => ({ session: newSession(node, saved) }),
      })
    })
    const settled = Promise.allSettled(attempts)
    await clock.advance(20_000)
    const results = await settled
    expect(results.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      ...Array.from({ length: 4 }, () => 'rejected'),
    ])
  })

  it.each([
    ['INVALID_RECORD', 'garbage'],
    ['INVALID_RECORD', { format: 'realtime-primitives.call', version: 1, snapshot: {}, calls: [], approvals: [] }],
    ['UNSUPPORTED_VERSION', { format: 'realtime-primitives.call', version: 0 }],
  ])('starts anew and reports %s for a record that cannot be read', async (code, value) => {
    const { store, newNode, resumeCall, clock } = cluster(() => 'Hello.')
    await store.compareAndSet('call', { version: 0, token: 0, value: value as never, keepMs: 1e6 })
    const { outcome, error, session } = await resumeCall(newNode(), () => ({}))
    expect([outcome, error?.code]).toEqual(['started', code])
    session.sendMessage('Hi.')
    await clock.advance(3_000)
    expect((await store.read('call'))?.value).toMatchObject({ version: 1, snapshot: { items: [{}, {}] } })
  })

  it('starts anew when the store is gone, and records the call once it is back', async () => {
    const { clock, store, newNode, resumeCall } = cluster(() => 'Hello.')
    let isGone = true
    const fragile = failing(store, () => isGone)
    const { outcome, error, session } = await resumeCall(newNode(), () => ({}), { storeTimeoutMs: 1_000 }, fragile)
    expect([outcome, error?.code]).toEqual(['started', 'STORE_FAILED'])
    session.sendMessage('Hi.')
    await clock.advance(3_000)
    expect(texts(session)).toEqual(['user: Hi.', 'assistant: Hello.'])
    isGone = false
    await clock.advance(3_000)
    expect((await store.read('call'))?.value).toMatchObject({ snapshot: { items: [{}, {}] } })
  })
})

describe('persist', () => {
  it('continues a call while the store is gone for 10 s, and tools run once their start is recorded', async () => {
    const { clock, store, newNode, newSession } = cluster(({ text, input }) =>
      text === 'pay' && input.at(-1)?.type !== 'function_call_output' ? call('pay') : reply('Hello.'),
    )
    let isGone = false
    const node = newNode()
    const session = newSession(node)
    const pay = counter('pay', () => 'paid')
    const persistence = persist(
      session,
      failing(store, () => isGone),
      'call',
      { tools: runTools(session, [pay.tool]) },
    )
    const events: string[] = []
    persistence.on('failed', ({ code }) => events.push(code))
    persistence.on('recovered', () => events.push('recovered'))
    await Promise.all([session.connect(), clock.advance(2_000)])
    isGone = true
    session.sendMessage('pay')
    await clock.advance(9_000)
    expect(pay.keys).toEqual([])
    expect(session.getState().status).toBe('open')
    isGone = false
    await clock.advance(5_000)
    expect(pay.keys).toHaveLength(1)
    expect(texts(session).at(-1)).toBe('assistant: Hello.')
    expect(events.filter((event) => event === 'recovered')).toHaveLength(1)
    expect(events.length).toBeGreaterThan(3)
    expect(events.length).toBeLessThan(20)
  })

  it('refuses a tool with NOT_RECORDED when the store stays gone', async () => {
    const { clock, store, newNode, newSession } = cluster(({ input }) =>
      input.at(-1)?.type === 'function_call_output' ? reply('Sorry.') : call('pay'),
    )
    let isGone = false
    const node = newNode()
    const session = newSession(node)
    const pay = counter('pay', () => 'paid')
    const tools = runTools(session, [pay.tool])
    const errors: string[] = []
    tools.on('error', ({ code }) => errors.push(code))
    persist(
      session,
      failing(store, () => isGone),
      'call',
      { tools },
    )
    await Promise.all([session.connect(), clock.advance(2_000)])
    isGone = true
    session.sendMessage('pay')
    await clock.advance(30_000)
    expect(pay.keys).toEqual([])
    expect(errors).toEqual(['NOT_RECORDED'])
    expect(texts(session).at(-1)).toBe('assistant: Sorry.')
  })

  it('has one write in flight at a time with a slow store, and the last one has the latest state', async () => {
    const { clock, store, newNode, newSession } = cluster(({ text }) => `You said ${text}`)
    const node = newNode()
    let [inFlight, most, writes] = [0, 0, 0]
    const slow: CallStore = {
      ...store,
      async compareAndSet(key, request) {
        inFlight += 1
        writes += 1
        most = Math.max(most, inFlight)
        await new Promise<void>((resolve) => clock.after(800, resolve))
        inFlight -= 1
        return store.compareAndSet(key, request)
      },
    }
    const session = newSession(node)
    persist(session, slow, 'call')
    await Promise.all([session.connect(), clock.advance(1_000)])
    for (let turn = 0; turn < 10; turn++) {
      session.sendMessage(String(turn))
      await clock.advance(200)
    }
    await clock.advance(20_000)
    expect(most).toBe(1)
    expect(writes).toBeLessThan(20)
    const stored = (await store.read('call'))?.value as { snapshot: { items: unknown[] } }
    expect(stored.snapshot.items).toHaveLength(20)
  })

  it('continues after a write that was stored although it was reported as failed', async () => {
    const { clock, store, newNode, newSession } = cluster(() => 'Hello.')
    let isLost = true
    const lossy: CallStore = {
      ...store,
      async compareAndSet(key, request) {
        const result = await store.compareAndSet(key, request)
        if (isLost) throw new Error('no reply')
        return result
      },
    }
    const session = newSession(newNode())
    const persistence = persist(session, lossy, 'call')
    await Promise.all([session.connect(), clock.advance(1_000)])
    isLost = false
    const flushed = persistence.flush()
    await clock.advance(3_000)
    await expect(flushed).resolves.toBeUndefined()
  })

  it('deletes the record when the session is closed, and keeps it for another node after handOver', async () => {
    const { clock, store, newNode, startCall, resumeCall } = cluster(() => 'Hello.')
    const { session, persistence } = await startCall(newNode())
    await Promise.all([persistence.handOver(), clock.advance(100)])
    await Promise.all([session.close(), clock.advance(100)])
    expect(await store.list()).toEqual([{ key: 'call' }])
    const resumed = await resumeCall(newNode(), () => ({}))
    expect(resumed.outcome).toBe('resumed')
    await Promise.all([resumed.session.close(), clock.advance(1_000)])
    expect(await store.list()).toEqual([])
  })

  it('leaves out the oldest items of a record that is too long', async () => {
    const { clock, store, newNode, newSession } = cluster(() => 'Hello.')
    const session = newSession(newNode())
    const persistence = persist(session, store, 'call', { maxRecordLength: 4_000 })
    const trimmed = vi.fn()
    persistence.on('trimmed', trimmed)
    await Promise.all([session.connect(), clock.advance(1_000)])
    for (let turn = 0; turn < 6; turn++) {
      session.sendMessage('x'.repeat(600))
      await clock.advance(2_000)
    }
    const record = (await store.read('call'))?.value
    expect(JSON.stringify(record).length).toBeLessThanOrEqual(4_000)
    expect((record as { snapshot: { items: { item: object }[] } }).snapshot.items.at(-1)?.item).toMatchObject({
      role: 'assistant',
    })
    expect(trimmed).toHaveBeenCalled()
  })

  it('throws INVALID_OPTION for an invalid key or time', () => {
    const { newNode, newSession, store } = cluster(() => 'Hello.')
    const session = newSession(newNode())
    expect(() => persist(session, store, '')).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(() => persist(session, store, 'call', { leaseMs: 0 })).toThrow(
      expect.objectContaining({ data: expect.objectContaining({ option: 'leaseMs' }) }),
    )
  })

  it('leaves no timers behind when its session is closed', async () => {
    const { clock, newNode, startCall } = cluster(() => 'Hello.')
    const { session } = await startCall(newNode())
    await Promise.all([session.close(), clock.advance(100)])
    expect(clock.pending).toBe(0)
  })
})

/** A store that fails while `isGone` returns true. */
function failing(store: CallStore, isGone: () => boolean): CallStore {
  const guard = async <T>(act: () => Promise<T>): Promise<T> => {
    if (isGone()) throw new Error('ECONNREFUSED')
    return act()
  }
  return {
    read: (key) => guard(() => store.read(key)),
    compareAndSet: (key, request) => guard(() => store.compareAndSet(key, request)),
    lease: (key, request) => guard(() => store.lease(key, request)),
    list: (options) => guard(() => store.list(options)),
  }
}

/** Answers a call, as the service does, and returns the caller's end of its connection. */
function answerCall(emulator: Emulator) {
  const answered = emulator.answerCall({ model: 'gpt-realtime-2.1' })
  if (!('callId' in answered)) throw new Error('refused')
  const [near, far] = memoryPair({ audio: 'media' })
  void answered.attach(far, () => {})
  return { callId: answered.callId, near }
}

describe('resume of a joined call', () => {
  it('runs a call of a response that started before the service has acknowledged the tools of this process', async () => {
    const { clock, emulator, store, newNode } = cluster(({ input }) =>
      input.at(-1)?.type === 'function_call_output' ? reply('OK.') : call('pay'),
    )
    const { callId, near } = answerCall(emulator)
    const pay = counter('pay', () => 'paid')
    // The service has the tools of the process that held the call before.
    const config = { output_modalities: ['text'], tools: [pay.tool.definition] } as const
    const caller = createSession({ clock, transport: near, config })
    await Promise.all([caller.connect(), clock.advance(1_000)])
    const node = newNode()
    const session = createSession({ clock: node.clock, transport: node.transport(emulator.connect({ callId })) })
    const { session: held } = await resume(node.store(store), `sip:${callId}`, {
      clock: node.clock,
      start: () => ({ session, callId, tools: runTools(session, [pay.tool]) }),
    })
    session.on('status', ({ status }) => {
      if (status === 'open') caller.sendMessage('Pay.')
    })
    await Promise.all([held.connect(), clock.advance(5_000)])
    expect(pay.keys).toHaveLength(1)
    expect(texts(caller)).toEqual(['user: Pay.', 'function_call', 'function_call_output paid', 'assistant: OK.'])
  })

  /** A call whose media stays at the service, and nodes that join it. */
  async function joinable(script: Parameters<typeof cluster>[0], tools: () => readonly Tool[] = () => []) {
    const { clock, emulator, store, newNode } = cluster(script)
    const { callId, near } = answerCall(emulator)
    const caller = createSession({ clock, transport: near, config: { output_modalities: ['text'] } })
    await Promise.all([caller.connect(), clock.advance(1_000)])
    async function hold(node: KillableNode) {
      const errors: string[] = []
      const resumed = resume(node.store(store), `sip:${callId}`, {
        clock: node.clock,
        leaseMs: 1_000,
        start(saved) {
          const transport = node.transport(emulator.connect({ callId }))
          const session = createSession({ clock: node.clock, transport, snapshot: saved?.snapshot })
          const run = runTools(session, tools())
          run.on('error', ({ code }) => errors.push(code))
          return { session, callId, tools: run }
        },
      })
      await clock.advance(2_000)
      const { session, outcome } = await resumed
      await Promise.all([session.connect(), clock.advance(5_000)])
      return { session, outcome, errors }
    }
    return { clock, emulator, caller, callId, store, newNode, hold }
  }

  it('knows the message that was unfinished when its process died, and the last item that was added meanwhile', async () => {
    const { clock, caller, newNode, hold } = await joinable(({ text }) =>
      text === 'one' ? ['It takes', silence(3_000), reply('some time.')] : `You said ${text}.`,
    )
    const first = newNode()
    const held = await hold(first)
    caller.sendMessage('one')
    await clock.advance(2_000)
    expect(texts(held.session).at(-1)).toMatch(/^assistant: It/)
    first.kill()
    await clock.advance(5_000)
    const second = newNode()
    const { session, outcome } = await hold(second)
    expect(outcome).toBe('resumed')
    expect(texts(caller)).toEqual(['user: one', 'assistant: It takes', 'assistant: some time.'])
    expect(texts(session)).toEqual(texts(caller))

    second.kill()
    caller.sendMessage('two')
    await clock.advance(5_000)
    const third = await hold(newNode())
    // Nothing names the turn of the user, which is not the last item.
    expect(texts(third.session)).toEqual([...texts(session), 'assistant: You said two.'])
    expect(texts(caller)).toHaveLength(5)
  })

  it('runs every call of a response of which one was unfinished when its process died', async () => {
    const pay = counter('pay', () => 'paid')
    const book = counter('book', () => 'booked')
    const { clock, caller, newNode, hold } = await joinable(
      ({ input }) =>
        input.at(-1)?.type === 'function_call_output'
          ? reply('OK.')
          : [call('pay', { note: 'x'.repeat(400) }), silence(3_000), call('book')],
      () => [pay.tool, book.tool],
    )
    const first = newNode()
    const { session } = await hold(first)
    const hasStarted = new Promise<void>((resolve) => {
      session.on('response.output_item.added', () => void clock.after(1, resolve))
    })
    caller.sendMessage('Both.')
    for (let waited = 0; waited < 1_000 && !texts(session).includes('function_call'); waited++) await clock.advance(1)
    await Promise.all([hasStarted, clock.advance(2)])
    first.kill()
    expect(pay.keys).toEqual([])
    await clock.advance(6_000)
    const { errors } = await hold(newNode())
    expect([pay.keys, book.keys].map((keys) => keys.length)).toEqual([1, 1])
    expect(errors).toEqual([])
    expect(texts(caller).filter((text) => text.startsWith('function_call'))).toHaveLength(4)
    expect(texts(caller).at(-1)).toBe('assistant: OK.')
  })

  it('does not run a call again whose output the service has', async () => {
    const pay = counter('pay', () => 'paid')
    const { clock, caller, newNode, hold } = await joinable(
      ({ input }) => (input.at(-1)?.type === 'function_call_output' ? [] : call('pay')),
      () => [pay.tool],
    )
    const first = newNode()
    await hold(first)
    caller.sendMessage('Pay.')
    await clock.advance(5_000)
    first.kill()
    await clock.advance(2_000)
    await hold(newNode())
    expect(pay.keys).toHaveLength(1)
    expect(texts(caller)).toEqual(['user: Pay.', 'function_call', 'function_call_output paid'])
  })

  it('runs the tool call that the model made while no process was attached', async () => {
    const pay = counter('pay', () => 'paid')
    const { clock, emulator, caller, newNode, hold } = await joinable(
      ({ input }) => (input.at(-1)?.type === 'function_call_output' ? reply('OK.') : call('pay')),
      () => [pay.tool],
    )
    const first = newNode()
    await hold(first)
    first.kill()
    caller.sendMessage('Pay.')
    await clock.advance(3_000)
    expect(pay.keys).toEqual([])
    expect(emulator.sessionCount).toBe(1)
    const second = await hold(newNode())
    expect(second.outcome).toBe('resumed')
    expect(pay.keys).toHaveLength(1)
    expect(texts(caller)).toEqual(['user: Pay.', 'function_call', 'function_call_output paid', 'assistant: OK.'])
  })
})
