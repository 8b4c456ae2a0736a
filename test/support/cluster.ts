import { createSession, memoryPair, type RealtimeSession } from 'realtime-primitives'
import { type CallRecord, type CallStore, memoryStore } from 'realtime-primitives/server'
import { drain } from 'realtime-primitives/server/node'
import {
  call,
  createEmulator,
  createManualClock,
  createTelephone,
  type JournalEntry,
  reply,
  socketPair,
  type Telephone,
} from 'realtime-primitives/testing'
import { type AgentNode, createAgentNode, transcriptOf } from '../../examples/voice-agent-cluster/agent.js'
import { type CallState, callStateOf } from '../../examples/voice-agent-cluster/call-state.js'
import { addRecord, checkCalls, type RecordedItems } from '../../examples/voice-agent-cluster/check-calls.js'
import type { ToolRequest } from '../../examples/voice-agent-cluster/router.js'
import { createKillableNode, type KillableNode } from './killable-node.js'

/*
 * A cluster in one process, on a manual clock: nodes that are killed by cutting their timers and connections, telephone calls whose provider
 * returns to the router when a stream ends, and calls whose media stays at the service.
 */

interface Member {
  readonly name: string
  readonly process: KillableNode
  readonly agent: AgentNode
  readonly sockets: Set<{ close(): void }>
}

/** The record of one call, from its caller and from the store. */
export interface CallLog {
  readonly key: string
  /** Turns of the caller, in order. */
  readonly turns: string[]
  /** Time from each kill of its node until another node had the call, in milliseconds. */
  readonly pausesMs: number[]
  /** Items that the store has acknowledged, with their texts. */
  readonly acknowledged: Map<string, string>
  /** The transcript at the end. */
  transcript: string[]
  problems: string[]
}

export interface Cluster {
  readonly clock: ReturnType<typeof createManualClock>
  readonly logs: readonly CallLog[]
  /** How often each tool ran, by its name and key. */
  readonly runs: ReadonlyMap<string, number>
  /** Starts a call that takes `turns` turns. Resolves when the caller has hung up. */
  telephone(turns: number): Promise<CallLog>
  /** The same for a call whose media stays at the service. */
  joined(turns: number): Promise<CallLog>
  /**
   * Waits until a call is in a state, by what the store has acknowledged. Then kills its node, as `kill -9` does, and starts another one. Resolves
   * to `false` if no call is in the state within a minute.
   */
  killIn(state: CallState): Promise<boolean>
  /** Compares all calls with the records of the service, the tools, and the store. Returns the problems. */
  check(): string[]
  /** Replaces every node, one after the other, with `drain`. */
  roll(): Promise<void>
  /** Advances the clock until a promise settles. */
  until<T>(promise: Promise<T>, limitMs: number): Promise<T>
  /** Returns the keys of the records in the store. */
  records(): Promise<readonly string[]>
}

const providerDelayMs = 250
/** Audio in which the emulator detects speech. */
const loud = new Uint8Array(8 * 400).map((_, index) => (index % 16 < 8 ? 0x90 : 0x10))

export function createCluster(random: () => number, size = 3): Cluster {
  const clock = createManualClock()
  const memory = memoryStore({ clock })
  const logs: CallLog[] = []
  const runs = new Map<string, number>()
  const requests: ToolRequest[] = []
  const records = new Map<string, RecordedItems>()
  /** The state of each call in the last record that the store has acknowledged. */
  const states = new Map<string, CallState>()
  const holders = new Map<string, () => Member | undefined>()
  const members = new Set<Member>()
  /** Transcript of the current turn of each caller, by the key of the call. */
  const spoken = new Map<string, string>()
  let nodes = 0

  const emulator = createEmulator({
    clock,
    latencyMs: 100,
    hear: ({ itemId }) => spoken.get(callOf(itemId) ?? '') ?? 'inaudible',
    // The turn decides what the model does, so that each call has handoffs, both tools, and long sentences.
    script({ input }) {
      const last = input.at(-1)
      if (last?.type === 'function_call_output') return reply(`The result is ${String(last.output).slice(0, 40)}.`)
      const turns = input.filter((item) => item.type === 'message' && item.role === 'user').length
      if (turns === 0) return reply('Welcome to the clinic.')
      const tools = [
        call('transfer_to_booking'),
        call('book'),
        call('charge'),
        undefined,
        call('transfer_to_reception'),
      ]
      return (
        tools[(turns - 1) % tools.length] ?? reply('Let me explain how to find us. Take the second road on the left.')
      )
    },
  })

  /** The store, with a log of what it has acknowledged. */
  const store: CallStore = {
    ...memory,
    async compareAndSet(key, request) {
      await pause(2 + random() * 20)
      const result = await memory.compareAndSet(key, request)
      const log = logs.find((entry) => key.endsWith(entry.key))
      if (result.status !== 'written' || !request.value || !log) return result
      const record = request.value as unknown as CallRecord
      states.set(log.key, callStateOf(record))
      addRecord(records, key, record)
      for (const { id, status, item } of record.snapshot.items)
        if (status === 'completed' && item.type === 'message' && item.role === 'user')
          log.acknowledged.set(id, JSON.stringify(item.content))
      return result
    },
  }

  const pause = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve))

  function runTool(name: string) {
    return async (key: string) => {
      const id = `${name} ${key}`
      requests.push({ tool: name, key })
      // The system behind `book` deduplicates by key, so only the first run with a key has an effect.
      if (name === 'charge' || !runs.has(id)) runs.set(id, (runs.get(id) ?? 0) + 1)
      await pause(600)
      return `${name} ${key.slice(-6)}`
    }
  }

  function startNode(): Member {
    const name = `node${++nodes}`
    const process = createKillableNode(clock)
    const agent = createAgentNode({
      name,
      store: process.store(store),
      clock: process.clock,
      connect: () => process.transport(emulator.connect({ model: 'gpt-realtime-2.1' })),
      join: (callId) => process.transport(emulator.connect({ callId })),
      book: runTool('book'),
      charge: runTool('charge'),
      print: () => {},
    })
    const member = { name, process, agent, sockets: new Set<{ close(): void }>() }
    members.add(member)
    const adopt = () => {
      if (!members.has(member)) return
      void agent.adoptCalls().catch(() => {})
      process.clock.after(200, adopt)
    }
    adopt()
    return member
  }
  for (let count = 0; count < size; count++) startNode()

  const journal: JournalEntry[] = []
  /** Reads the entries since the last time. The emulator forgets the sessions that ended first. */
  function readJournal(): readonly JournalEntry[] {
    for (const entry of emulator.journal({ after: journal.at(-1)?.seq ?? 0, from: 'server' }))
      if (!entry.event.type.endsWith('.delta')) journal.push(entry)
    return journal
  }
  const pollJournal = () => {
    readJournal()
    clock.after(2_000, pollJournal)
  }
  pollJournal()

  const pick = () => [...members][Math.floor(random() * members.size)] as Member

  /** Returns the key of the telephone call in whose session an item was committed. */
  function callOf(itemId: string): string | undefined {
    const committed = emulator.journal({
      after: journal.at(-1)?.seq ?? 0,
      from: 'server',
      type: 'input_audio_buffer.committed',
    })
    const id = committed.find(({ event }) => event.item_id === itemId)?.sessionId
    const calls = [...members].flatMap(({ agent }) => [...agent.calls])
    return calls.find(({ session }) => session.getState().session?.id === id)?.key
  }

  function newLog(key: string): CallLog {
    const log = { key, turns: [], pausesMs: [], acknowledged: new Map(), transcript: [], problems: [] }
    logs.push(log)
    return log
  }

  /** Waits for a condition, for a limited time. */
  async function waitFor(condition: () => boolean, limitMs: number): Promise<boolean> {
    for (const until = clock.now() + limitMs; clock.now() < until; ) {
      if (condition()) return true
      await pause(20)
    }
    return condition()
  }

  /** Compares what the caller, the store, and the session of the last node have. */
  function finish(log: CallLog, session: RealtimeSession | undefined, caller = session): void {
    log.transcript = caller ? transcriptOf(caller) : []
    // The session of a node that joined a call lacks the turns of the time without a node. The service has them.
    const ids = new Map(
      (session ? session.getState().conversation.items.flat() : []).map(({ id, item }) => [
        id,
        JSON.stringify('content' in item ? item.content : ''),
      ]),
    )
    for (const [id, text] of log.acknowledged)
      if (ids.get(id) !== text) log.problems.push(`an acknowledged turn is missing or changed: ${text}`)
    const found = log.turns.filter((turn) => log.transcript.some((line) => line.includes(turn)))
    if (found.length !== log.turns.length) log.problems.push(`${log.turns.length - found.length} turns are missing`)
    const order = log.turns.map((turn) => log.transcript.findIndex((line) => line.includes(turn)))
    if (order.some((at, index) => at < (order[index - 1] ?? -1))) log.problems.push('turns are out of order')
  }

  async function telephone(turns: number): Promise<CallLog> {
    const log = newLog(`CA${logs.length}`)
    let holder: Member | undefined
    let current: Telephone | undefined
    let playedBefore = 0
    let isOver = false
    const own = new Set<RealtimeSession>()
    const played = () => playedBefore + (current?.playedMs ?? 0)
    holders.set(log.key, () => holder)

    /** Opens a stream to a node, and another one when it closes, as `<Redirect>` after `<Connect>` does. */
    async function connect(): Promise<void> {
      const member = pick()
      const [near, far] = socketPair()
      member.sockets.add(far)
      holder = member
      far.addEventListener('close', () => {
        member.sockets.delete(far)
        playedBefore += current?.playedMs ?? 0
        current = undefined
        if (isOver) return
        const lostAt = clock.now()
        void pause(providerDelayMs)
          .then(connect)
          .then(() => waitFor(() => [...own].at(-1)?.getState().status === 'open', 5_000))
          .then(() => log.pausesMs.push(clock.now() - lostAt))
      })
      current = createTelephone(far, { clock, callSid: log.key })
      current.call()
      await member.agent.answerStream(near).catch((error) => log.problems.push(String(error)))
      for (const { key, session } of member.agent.calls) if (key === log.key) own.add(session)
    }

    await connect()
    await waitFor(() => played() > 500, 10_000)
    for (let turn = 0; turn < turns; turn++) {
      await waitForSilence(played)
      let hasResponse = false
      for (let attempt = 0; attempt < 8 && !hasResponse; attempt++) {
        const words = `${log.key} turn ${turn} attempt ${attempt}`
        const mark = played()
        spoken.set(log.key, words)
        await Promise.race([current?.say(loud) ?? pause(500), pause(1_000)])
        hasResponse = await waitFor(() => played() > mark + 200, 8_000)
        const session = [...own].at(-1)
        const isStored = session !== undefined && transcriptOf(session).some((line) => line.includes(words))
        if (hasResponse && isStored) log.turns.push(words)
        else hasResponse = hasResponse && attempt > 6
      }
      if (!hasResponse) log.problems.push(`turn ${turn} got no response`)
    }
    await waitForSilence(played)
    // The record is deleted only when a node receives the hang-up, so the stream must be connected.
    await waitFor(() => current !== undefined && [...own].at(-1)?.getState().status === 'open', 10_000)
    const session = [...own].at(-1)
    finish(log, session)
    isOver = true
    holders.delete(log.key)
    current?.hangUp()
    return log
  }

  async function joined(turns: number): Promise<CallLog> {
    const answered = emulator.answerCall({ session: { type: 'realtime', model: 'gpt-realtime-2.1' } } as never)
    if (!('callId' in answered)) throw new Error('The call was refused.')
    const log = newLog(answered.callId)
    const [near, far] = memoryPair({ audio: 'media' })
    void answered.attach(far, () => {})
    const caller = createSession({ clock, transport: near, config: { output_modalities: ['text'] } })
    await caller.connect()
    const holding = () =>
      [...members].find(({ agent }) =>
        [...agent.calls].some(({ key, session }) => key.endsWith(log.key) && session.getState().status === 'open'),
      )
    const isHeld = () => holding() !== undefined
    holders.set(log.key, holding)
    void pick()
      .agent.holdCall(answered.callId)
      .catch((error) => log.problems.push(String(error)))
    await waitFor(isHeld, 10_000)
    let lostAt: number | undefined
    let isOver = false
    const watch = () => {
      if (!isHeld()) lostAt ??= clock.now()
      else if (lostAt !== undefined) {
        log.pausesMs.push(clock.now() - lostAt)
        lostAt = undefined
      }
      if (!isOver) clock.after(20, watch)
    }
    watch()
    for (let turn = 0; turn < turns; turn++) {
      const words = `${log.key} turn ${turn}`
      const responses = () => Object.values(caller.getState().responses.byId).filter(({ isDone }) => isDone).length
      const before = responses()
      caller.sendMessage(words)
      log.turns.push(words)
      if (!(await waitFor(() => responses() > before, 10_000))) log.problems.push(`turn ${turn} got no response`)
      await pause(4_000)
    }
    await waitFor(isHeld, 10_000)
    const held = [...(holding()?.agent.calls ?? [])].find(({ key }) => key.endsWith(log.key))?.session
    if (!held) log.problems.push('no node holds the call at the end')
    finish(log, held, caller)
    isOver = true
    holders.delete(log.key)
    await caller.close()
    answered.end()
    return log
  }

  /** Waits until no audio was played for 900 ms. */
  async function waitForSilence(played: () => number): Promise<void> {
    let last = played()
    let since = clock.now()
    await waitFor(() => {
      if (played() > last) {
        last = played()
        since = clock.now()
      }
      return clock.now() - since > 900
    }, 30_000)
  }

  return {
    clock,
    logs,
    runs,
    telephone,
    joined,
    async killIn(state) {
      for (const endsAt = clock.now() + 60_000; clock.now() < endsAt; await pause(1 + random() * 10)) {
        const victims = [...holders].flatMap(([key, holder]) => (states.get(key) === state ? (holder() ?? []) : []))
        const victim = victims[Math.floor(random() * victims.length)]
        if (!victim || !members.delete(victim)) continue
        startNode()
        victim.process.kill()
        for (const socket of victim.sockets) socket.close()
        // The router calls `adoptCalls` when the socket of a node closes. Without that call, the other nodes find the expired leases.
        if (random() < 0.5)
          for (const { agent } of members) void agent.adoptCalls((holder) => holder === victim.name).catch(() => {})
        return true
      }
      return false
    },
    check: () =>
      checkCalls({
        journal: readJournal(),
        requests,
        records,
        meaningOf(tool, output) {
          if (output.startsWith(`${tool} `)) return 'result'
          return /may have had an effect|did not run/.test(output) ? 'failure' : undefined
        },
      }),
    async roll() {
      for (const member of [...members]) {
        startNode()
        member.agent.stopAccepting()
        members.delete(member)
        await drain(member.agent.calls, { clock, deadlineMs: 5_000 })
      }
    },
    async until(promise, limitMs) {
      let isSettled = false
      const settled = promise.finally(() => {
        isSettled = true
      })
      for (let passed = 0; passed < limitMs && !isSettled; passed += 100) await clock.advance(100)
      if (!isSettled) throw new Error(`not settled after ${limitMs} ms`)
      return settled
    },
    records: async () => (await memory.list()).map(({ key }) => key),
  }
}
