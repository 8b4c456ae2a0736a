import {
  createSession,
  isRealtimeError,
  type ResponseHandle,
  type ResponseOutcome,
  type SessionState,
} from 'realtime-primitives'
import { createManualClock, type ManualClock } from '../../../../src/testing/clock.js'
import { createRandom } from '../../../simulate/random.js'
import { seedGlobals } from '../../../simulate/seeded-globals.js'
import { settle } from '../../../support/peer.js'
import { countedSignals } from './counted-signals.js'
import { type Act, isTurn, type Plan } from './plan.js'
import { type Connection, playedServer } from './played-server.js'

/*
 * A session and its server, both told at random what to do next: what a user may do at any moment and inside any listener, and what a
 * server and a network may do, lawful or not. What happened is written down in a Story, of which laws can be asked.
 */

/** What the session promised, and what became of it. */
export interface Pledge {
  readonly what: string
  readonly signal: AbortSignal | undefined
  isSettled: boolean
  error?: unknown
}

/** Everything that happened. */
export interface Story {
  readonly plan: Plan
  readonly connections: readonly Connection[]
  readonly pledges: readonly Pledge[]
  /** `event_id`s of what the server said while the session listened, of what a reader of `events()` got, and of what listeners of it heard. */
  readonly said: readonly string[]
  readonly read: readonly string[]
  readonly listened: readonly string[]
  /** What was thrown where no promise can carry it. */
  readonly thrown: readonly unknown[]
  /** Where the state was not what the reducer makes of the events. */
  readonly astray: readonly { readonly state: unknown; readonly reduced: unknown }[]
  droppedAppends: number
  /** At each `restored`: the ids that were known when the connection was there, and those that the report has and the server too. */
  readonly reports: readonly {
    readonly known: readonly string[]
    readonly told: readonly string[]
    readonly lost: readonly string[]
  }[]
  /** What was told after the end, or the end again. */
  readonly late: readonly string[]
  closes: number
  /** Sound that the server of the moment does not know, when the session was open in the end. */
  readonly lostSound: readonly string[]
  /** Whether nothing could be asked any more though the session was open and the server had answered everything. */
  readonly isStuck: boolean
  /** What had not settled when the session was closed. */
  readonly unsettled: readonly string[]
  /** What went on waiting though its signal had aborted. */
  readonly deaf: readonly string[]
  /** The end of it all. */
  readonly final: SessionState
  readonly openResponses: readonly string[]
  readonly timers: number
  readonly listeners: number
}

/** Lives through a plan, to the end. The same plan has the same ids and dates. */
export async function live(plan: Plan): Promise<Story> {
  const clock = createManualClock()
  const { reportError } = globalThis
  const restoreGlobals = seedGlobals({
    random: createRandom(1),
    dateNow: () => Math.floor(Date.UTC(2026, 0, 1) + clock.now()),
    onReportedError: (error) => reportError(error),
  })
  try {
    return await liveOn(plan, clock)
  } finally {
    restoreGlobals()
  }
}

async function liveOn(plan: Plan, clock: ManualClock): Promise<Story> {
  let known: string[] = []
  const far = playedServer(plan, () => {
    known = idsOf(session.getState())
  })
  const signals = countedSignals()
  const session = createSession({
    transport: far.transport,
    clock,
    ...(plan.config ? { config: { instructions: 'Be brief.' } } : {}),
    ...(plan.responseTimeoutMs ? { responseTimeoutMs: plan.responseTimeoutMs } : {}),
    lifetime: { action: plan.rotates ? 'rotate' : 'warn' },
  })
  const story = {
    plan,
    connections: far.connections,
    pledges: [] as Pledge[],
    said: far.said,
    read: [] as string[],
    listened: [] as string[],
    thrown: [] as unknown[],
    astray: [] as { state: unknown; reduced: unknown }[],
    appended: [] as string[],
    droppedAppends: 0,
    reports: [] as { known: string[]; told: string[]; lost: string[] }[],
    late: [] as string[],
    closes: 0,
  }
  const handles: ResponseHandle[] = []
  const outcomes = new Map<ResponseHandle, ResponseOutcome>()
  /** Ids of responses that the session has given up. */
  const abandoned = new Set<string>()

  function pledge(what: string, promise: Promise<unknown>, signal?: AbortSignal): void {
    const entry: Pledge = { what, signal, isSettled: false }
    story.pledges.push(entry)
    promise.then(
      () => {
        entry.isSettled = true
      },
      (error) => {
        entry.isSettled = true
        entry.error = error
      },
    )
  }

  /** Something that can be given up, by the step `abort`. */
  function wait(what: string, start: (options: { signal: AbortSignal }) => Promise<unknown>): void {
    const signal = signals.create()
    pledge(what, start({ signal }), signal)
  }

  function follow(handle: ResponseHandle): void {
    handles.push(handle)
    pledge('done', handle.done)
    pledge('created', handle.created)
    void handle.done.then((outcome) => outcomes.set(handle, outcome))
  }

  async function readAll(texts: AsyncIterable<unknown>): Promise<void> {
    for await (const _ of texts);
  }

  let depth = 0
  function doIt(step: Act): void {
    if (depth > 2) return
    depth += 1
    try {
      act(step)
    } catch (error) {
      if (!isRealtimeError(error)) story.thrown.push(error)
    }
    depth -= 1
  }

  function act(step: Act): unknown {
    const part = () => ({ itemId: `i${'which' in step ? step.which : 0}` })
    switch (step.kind) {
      case 'respond':
        return follow(session.respond({}, { whenBusy: step.whenBusy, signal: signals.create() }))
      case 'respond aside':
        return follow(session.respond({ conversation: 'none' }))
      case 'cancel':
        return handles[step.which % Math.max(1, handles.length)]?.cancel()
      case 'update':
        return wait('update', (options) => session.update({ instructions: 'Rhyme.' }, options))
      case 'interrupt':
        return session.interrupt()
      case 'create item': {
        const content = [{ type: 'input_text' as const, text: 'hey' }]
        return pledge('create', session.items.create({ type: 'message', role: 'user', content }))
      }
      case 'delete item':
        return pledge('delete', session.items.delete('i1', { timeoutMs: 1_000 }))
      case 'append': {
        const audio = Buffer.from(`${story.appended.length}`.padStart(6, '0')).toString('base64')
        session.audio.append(audio)
        return story.appended.push(audio)
      }
      case 'commit':
        return wait('commit', session.audio.commit)
      case 'clear':
        return pledge('clear', session.audio.clear())
      case 'drained':
        return wait('drained', session.audio.drained)
      case 'connect':
        return wait('connect', session.connect)
      case 'rotate':
        // What was joined is not this side's to replace.
        return plan.joined ? undefined : pledge('rotate', session.rotate())
      case 'close':
        return pledge('close', session.close())
      case 'wait':
        return wait('waitFor', (options) => session.waitFor('response.done', options))
      case 'read': {
        const last = handles.at(-1)
        if (last) pledge('text', readAll(last.text()))
        return wait('events', (options) => readAll(session.events(options)))
      }
      case 'abort':
        return signals.abortOne()
      case 'enqueued':
        return session.playback.enqueued(part())
      case 'played':
        return session.playback.played(part(), 1_000)
    }
  }

  let forgotten = 0
  const deaf = new Set<string>()
  let reaction = 0
  // Bounded: what is done on hearing of something is heard of in its turn.
  const react = () => {
    if (reaction < 60) doIt(plan.reactions[reaction++ % plan.reactions.length] ?? { kind: 'nothing' })
  }
  let isClosed = false
  const record = (name: string) => {
    if (isClosed) story.late.push(name)
    react()
  }
  session.on('close', () => {
    story.closes += 1
    react()
    isClosed = true
  })
  session.on('response', (handle) => {
    follow(handle)
    record('response')
  })
  session.on('restored', ({ itemIds, lost, droppedAppends }) => {
    story.droppedAppends += droppedAppends
    const still = new Set(idsOf(session.getState()))
    story.reports.push({
      known: known.filter((id) => still.has(id)),
      told: itemIds.filter(far.has),
      lost: lost.map(({ itemId }) => itemId),
    })
    record('restored')
  })
  session.on('dropped', ({ appends }) => {
    story.droppedAppends += appends
    record('dropped')
  })
  for (const name of ['interrupted', 'expiring', 'invalid'] as const) session.on(name, () => record(name))
  session.on('unknown', ({ event_id }) => {
    story.listened.push(`unknown ${event_id}`)
    record('unknown')
  })
  for (const name of heardTypes)
    session.on(name, ({ event_id }) => {
      story.listened.push(`${name} ${event_id}`)
      compare()
      record(name)
    })
  session.subscribe(() => {
    noteAbandoned()
    if (isClosed) story.late.push('change')
    const { status } = session.getState()
    // Whoever's connect failed knows that what was sent meanwhile is gone.
    if (status === 'idle') forgotten = story.appended.length
    react()
  })
  void (async () => {
    for await (const event of session.events())
      story.read.push(`${isKnown(event.type) ? event.type : 'unknown'} ${event.event_id}`)
  })()

  /** Giving up a response is no event of the server. */
  function noteAbandoned(): void {
    const { byId } = session.getState().responses
    for (const { id, isDone } of Object.values(far.reduced().responses.byId)) {
      if (isDone || !byId[id]?.isDone) continue
      far.abandon(id)
      abandoned.add(id)
    }
  }

  /** A response is given up when its handle settles without its end, and a response that failed this way is. */
  function checkAbandoned(): void {
    for (const handle of handles) {
      const { id } = handle
      const outcome = outcomes.get(handle)
      if (id === undefined) continue
      if (abandoned.has(id) && !outcome)
        story.astray.push({ state: `${id} is given up`, reduced: 'it has not settled' })
      const hasFailed = outcome?.status === 'failed' && outcome.response === undefined
      if (hasFailed && session.getState().responses.byId[id]?.isDone === false)
        story.astray.push({ state: `${id} runs`, reduced: 'it has failed' })
    }
  }

  /** The state is to be what the events make of it, at any moment. */
  function compare(): void {
    const state = essence(session.getState())
    const reduced = essence(far.reduced())
    if (state !== reduced) story.astray.push({ state, reduced })
  }

  doIt({ kind: 'connect' })
  await settle()
  for (const step of plan.steps) {
    if (isTurn(step)) {
      if (step.kind === 'time') await clock.advance(step.ms)
      else far.play(step)
    } else doIt(step)
    await settle()
    compare()
    checkAbandoned()
    const givenUp = story.pledges.filter(({ signal, isSettled }) => signal?.aborted && !isSettled)
    for (let turn = 0; turn < 5 && givenUp.length > 0; turn++) await settle()
    for (const { what, isSettled } of givenUp) if (!isSettled) deaf.add(what)
  }
  const lostSound: string[] = []
  let isStuck = false
  const isOpen = () => session.getState().status === 'open' && far.isThere()
  if (isOpen()) {
    far.play({ kind: 'empty' })
    await clock.advance(20)
    if (isOpen()) lostSound.push(...story.appended.slice(forgotten).filter((sound) => !far.knows(sound)))
  }
  // When the server has ended and answered everything, it can be asked again.
  for (let round = 0; round < 8 && isOpen(); round++) {
    far.play({ kind: 'relent' })
    await clock.advance(5_000)
  }
  if (isOpen()) {
    const last = session.respond()
    pledge('done', last.done)
    let outcome = ''
    void last.done.then(({ status }) => {
      outcome = status
    })
    await settle()
    far.play({ kind: 'relent' })
    await settle()
    isStuck = isOpen() && outcome !== 'completed'
  }
  // What the server never answered holds nobody up: the end comes without any more time.
  pledge('close', session.close())
  pledge('closed', session.closed)
  // An iterator still returns the events that it has buffered, one in each turn of the microtask queue.
  for (let turn = 0; turn < 40 && story.pledges.some(({ isSettled }) => !isSettled); turn++) await settle()
  await settle()
  const timers = clock.pending
  const unsettled = story.pledges.filter(({ isSettled }) => !isSettled).map(({ what }) => what)
  await clock.advance(60_000)
  const final = session.getState()
  return {
    ...story,
    final,
    lostSound,
    isStuck,
    unsettled,
    openResponses: Object.values(final.responses.byId).flatMap(({ id, isDone }) => (isDone ? [] : [id])),
    timers,
    listeners: far.listeners() + signals.listeners(),
    deaf: [...deaf],
  }
}

const heardTypes = [
  'session.created',
  'session.updated',
  'response.created',
  'response.done',
  'response.output_audio.delta',
  'conversation.item.added',
  'conversation.item.deleted',
  'input_audio_buffer.speech_started',
  'input_audio_buffer.speech_stopped',
  'input_audio_buffer.committed',
] as const

const isKnown = (type: string) => type !== 'future.event'

const idsOf = ({ conversation }: SessionState) => conversation.items.flat().map(({ id }) => id)

/** What of a state the events alone decide. */
function essence({ session, conversation, responses, inputAudio, rateLimits }: SessionState): string {
  const items = conversation.items.flat().map(({ playedText: _, ...item }) => item)
  return JSON.stringify({ session, items, deleted: conversation.deleted, responses, inputAudio, rateLimits })
}
