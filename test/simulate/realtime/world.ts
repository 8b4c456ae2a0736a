import { decodeBase64, encodeBase64 } from '../../../src/audio/base64.js'
import { isRealtimeError } from '../../../src/errors.js'
import type { ResponseCreateParams } from '../../../src/protocol/response.js'
import type { ResponseHandle } from '../../../src/session/responses/handle.js'
import { type SessionSnapshot, snapshot } from '../../../src/session/restore/snapshot.js'
import { selectItems } from '../../../src/session/state/select.js'
import { createEmulator } from '../../../src/testing/emulator/emulator.js'
import { countedSignals } from '../../conformance/session/wild/counted-signals.js'
import { createNetworkFaults, networkFaultWeights } from '../network/faults.js'
import type { Json } from '../network/network.js'
import { watchReconnection } from '../network/reconnection.js'
import { nameOf } from '../pledges.js'
import type { Random } from '../random.js'
import { silence, speakWord } from '../words.js'
import type { Environment, Kind, Perform, World } from '../world.js'
import { checkCalmClient, checkClosedClient } from './checks.js'
import { createRealtimeClient, type RealtimeClient } from './client.js'
import { createEventLog } from './event-log.js'
import { forbiddenWord } from './guard-laws.js'
import { type CreateLink, sidebandLink, socketLink, webRtcLink } from './link.js'
import { mcpServer, mcpTools } from './mcp-laws.js'
import { createModel, createVoice, probeMetadata, type ServerView } from './model.js'
import { createRunningLaws, serverSessionMs } from './running-laws.js'
import { realtimeScenarios, scenariosWithout } from './scenarios.js'
import { createSetup, firstLimit } from './setup.js'
import { createSpeech } from './speech.js'
import { realtimeThemes } from './themes.js'
import { createTools } from './tools.js'
import { actionWeights } from './weights.js'

const requestTimeoutMs = 10_000
/** `connectTimeoutMs` starts again with each step of the handshake, of which a session without a history has two. */
const connectLimitMs = 60_000

/** How long a rotation may take to start, in milliseconds. Audio that waited for a slow connection is sent first. */
const rotationLimitMs = 100

/** Actions that are neither for a joined session nor for a listener. */
const noMoves = { rotate: 0, 'snapshot and resume': 0 } as const

/** Sessions of `createSession` with tools, agents, guardrails, and meters, over a WebSocket. */
export const realtimeKind = kindOf('realtime', socketLink, {}, {})

/** The same over a peer connection of a page. */
export const webRtcKind = kindOf('webrtc', webRtcLink, { 'interrupted path': 4, 'denied microphone': 1 }, {})

/** The same over a second connection to the call of another client, which can neither move nor resume it. */
export const sidebandKind = kindOf('sideband', sidebandLink, { 'the caller hangs up': 1 }, noMoves)

function kindOf(
  name: string,
  createLink: CreateLink,
  faultWeights: Readonly<Record<string, number>>,
  changedWeights: Readonly<Record<string, number>>,
): Kind {
  return {
    name,
    actions: { ...actionWeights, ...changedWeights },
    faults: {
      ...networkFaultWeights,
      'drop while the user speaks': 4,
      'slow model': 2,
      'lost creation': 1,
      'repeated transcript': 1,
      'missing positions': 1,
      ...faultWeights,
    },
    themes: realtimeThemes,
    scenarios: changedWeights === noMoves ? scenariosWithout(Object.keys(noMoves)) : realtimeScenarios,
    create: (environment) => createRealtimeWorld(environment, createLink),
  }
}

function createRealtimeWorld(environment: Environment, createLink: CreateLink): World {
  const { clock, random, network, pledges, report } = environment
  const isMedia = createLink !== socketLink
  const isSocket = createLink !== webRtcLink
  const setup = createSetup(random, isMedia, environment.focus)
  environment.journal.note(`setup ${JSON.stringify(setup)}`)
  const model = createModel((turn) => laws.checkTurn(turn))
  const speech = createSpeech()
  const signals = countedSignals()
  const serverClock = clock.countTimers()
  const tools = createTools(clock, report)
  const emulator = createEmulator({
    clock: serverClock,
    script: model.decide,
    voice: createVoice(random.integer(0, 2 ** 31)),
    hear: speech.transcribe,
    mcpServers: { docs: mcpServer.script },
    pace: setup.pace,
    latencyMs: random.pick([0, 100, 600]),
    ...(setup.expiry === 'none' ? {} : { sessionMinutes: serverSessionMs / 60_000 }),
  })
  const faults = createNetworkFaults(environment)
  const link = createLink(environment, emulator)
  const formerClients: RealtimeClient[] = []
  const limits = { requested: firstLimit, possible: new Set([firstLimit]), hasGivenUp: false }
  /** Texts of items that were given up before they left, and the number of connections until then. */
  const abandoned = new Map<string, number>()
  let texts = 0
  /** Changes of nested settings that were requested. */
  let nestedChanges = 0
  let hasFailedToConnect = false
  const events = createEventLog(environment, {
    client: () => client,
    isLawless: () => faults.isLawless || setup.translates,
    isHeldBack: setup.guardrails === 'hold back' || setup.translates,
    isJoined: link.isJoined,
  })
  let client = createClient()
  const laws = createRunningLaws(environment, { client: () => client, setup, tools, link, faults, events })
  const reconnection = watchReconnection(environment, isSocket, () => {
    const { session, transport } = client
    return {
      get status() {
        return session.getState().status
      },
      get transportState() {
        return transport.state
      },
      reconnects: setup.reconnects,
      get closeCode() {
        return client.closeCode
      },
    }
  })
  hideProbes()
  /** Times at which the deltas of each response and type have reached the client. */
  const deltaTimes = new Map<string, number[]>()
  network.onDelivery(({ type, response_id: id }) => {
    if (!String(type).endsWith('.delta')) return undefined
    const key = `${id} ${type}`
    const times = deltaTimes.get(key) ?? []
    times.push(clock.now())
    deltaTimes.set(key, times)
    return undefined
  })

  function createClient(resumed?: SessionSnapshot): RealtimeClient {
    return createRealtimeClient(environment, {
      setup,
      link,
      tools,
      ...(resumed ? { snapshot: resumed } : {}),
      onHandle: () => events.touch(),
      onSettled: (handle, settled) => laws.checkSettled(handle, settled),
      isLawless: () => faults.isLawless,
    })
  }

  function connect(): void {
    const signal = signals.create()
    // A connect() that is given up closes the connection first.
    const onRejected = () => {
      hasFailedToConnect = true
      speech.giveUp()
    }
    const options = { signal, withinMs: connectLimitMs, onRejected }
    pledges.watch('connect', client.session.connect({ signal }), options)
  }

  /** Reads the emulator's own conversation and configuration, by a response that the client never sees. */
  function probe(): ServerView | undefined {
    const event = { type: 'response.create', response: { conversation: 'none', metadata: probeMetadata } }
    network.line?.injectToServer(JSON.stringify(event))
    return model.takeView()
  }

  function hideProbes(): void {
    const ids = new Set<unknown>()
    let hidesLimits = false
    network.hide((event) => {
      const response = event.response as { id?: string; metadata?: { probe?: string } | null } | undefined
      if (event.type === 'response.created' && response?.metadata?.probe) ids.add(response.id)
      const isProbe = ids.has(response?.id ?? event.response_id)
      const isHidden = isProbe || (hidesLimits && event.type === 'rate_limits.updated')
      hidesLimits = isProbe && event.type === 'response.done'
      return isHidden
    })
  }

  /** Returns whether a call has succeeded. */
  function attempt(call: () => void): boolean {
    try {
      call()
      return true
    } catch (error) {
      if (!isRealtimeError(error)) report('errors are those of the library', nameOf(error))
      return false
    }
  }

  /** Returns whether the session has accepted the audio. */
  function append(pcm: Int16Array): boolean {
    let reports = 0
    const stop = client.session.audio.onAppend(() => {
      reports += 1
    })
    const isAccepted = attempt(() => client.session.audio.append(pcm))
    stop()
    if (isAccepted && reports === 0) report('appended audio is reported', 'a listener has received none')
    if (isAccepted) speech.appended(pcm)
    if (isAccepted) client.countAppend()
    return isAccepted
  }

  function beSilent(ms: number): void {
    if (link.speak) link.speak(silence(ms))
    else append(speech.pause(ms))
  }

  const hasText = ({ item }: Json, text: string) =>
    (item as { content?: readonly { text?: string }[] } | undefined)?.content?.[0]?.text === text
  const items = () => selectItems(client.session.getState())

  function respond(
    params: ResponseCreateParams,
    options: Parameters<typeof client.session.respond>[1] = {},
  ): ResponseHandle {
    const signal = signals.create()
    const handle = client.session.respond(params, { signal, ...options })
    client.signals.set(handle, signal)
    client.follow(handle, 'response')
    return handle
  }

  /** Requests settle in time, and time out only because of a fault. */
  const request = () => ({
    withinMs: requestTimeoutMs,
    endsWith: client.session.closed,
    isOpen: client.session.getState().status === 'open' && !setup.translates,
  })

  function say(text: string, previousItemId?: string): void {
    const { session, created } = client
    pledges.watch(
      'item',
      session.items.create(
        { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
        previousItemId === undefined ? {} : { previousItemId },
      ),
      {
        ...request(),
        onRejected() {
          // Nothing is under way while there is no connection.
          if (session.getState().status === 'reconnecting') abandoned.set(text, network.traffic.length)
        },
        onResolved: ({ id, content }: { id: string; content?: readonly { text?: string }[] }) => {
          created.add(id)
          if (content?.[0]?.text !== text)
            report('a request resolves with what it asked for', `${content?.[0]?.text} instead of ${text}`)
        },
      },
    )
  }

  /** Says a command to the model, with a number that makes it a new one, and requests a response. */
  function ask(random: Random, command: string, ...words: readonly string[]): void {
    say([command, random.integer(0, 99_999), ...words].join(' '))
    respond({})
  }

  const callTool = (random: Random, names: readonly string[]) => {
    if (setup.features !== 'none') ask(random, 'call', random.pick(names))
  }
  const words = (random: Random) =>
    `say ${++texts} ${random.integer(0, 999)} ${random.pick(['apples', 'pears', 'plums, please'])}`
  const wait = (what: string, start: (signal: AbortSignal) => Promise<unknown>, options: object = {}) => {
    const signal = signals.create()
    pledges.watch(what, start(signal), { signal, endsWith: client.session.closed, ...options })
  }

  const actions: Record<keyof typeof actionWeights, Perform> = {
    respond: () => void respond({}),
    'respond with text': () => void respond({ output_modalities: ['text'] }),
    'respond out of band': () => void respond({ conversation: 'none', metadata: { topic: 'aside' } }),
    'respond by interrupting': () => void respond({}, { whenBusy: 'interrupt' }),
    'respond unless busy': () => void respond({}, { whenBusy: 'reject' }),
    'send a message'(random) {
      const text = words(random)
      const { session } = client
      const signal = signals.create()
      const handle = session.sendMessage(text, { signal })
      client.signals.set(handle, signal)
      client.messages.set(handle, text)
      client.follow(handle, 'response to a message')
    },
    'cancel a response'(random) {
      if (client.handles.length === 0) return
      const handle = random.pick(client.handles.slice(-3))
      client.cancelled.add(handle)
      handle.cancel()
      const text = client.messages.get(handle)
      if (text === undefined) return
      const isSent = network.traffic.some(({ sentByClient }) => sentByClient.some((event) => hasText(event, text)))
      if (!isSent) abandoned.set(text, 0)
    },
    'abort a response'(random) {
      const handle = respond({})
      const signal = client.signals.get(handle)
      if (signal) clock.after(random.integer(0, 1_500), () => signals.abort(signal))
    },
    interrupt: () => void client.session.interrupt(),
    'create an item': (random) => (random.chance(0.6) ? ask(random, 'say', 'apples') : say(words(random))),
    'create an item at the front': (random) => say(words(random), 'root'),
    'delete an item': (random) => deleteOne((all) => random.pick(all)),
    'delete the last item': () => deleteOne((all) => all.at(-1)),
    'retrieve an item'(random) {
      const all = items()
      if (all.length === 0) return
      const { id } = random.pick(all)
      pledges.watch('retrieve', client.session.items.retrieve(id), {
        ...request(),
        isOpen: request().isOpen && !faults.hasIgnoredRequest,
        onResolved(item: { readonly id?: string }) {
          if (item.id !== id) report('a request resolves with what it asked for', `${item.id} instead of ${id}`)
        },
      })
    },
    'truncate an item'(random) {
      const spoken = items().filter(({ item }) => item.type === 'message' && item.role === 'assistant')
      if (spoken.length === 0) return
      const truncated = client.session.items.truncate(random.pick(spoken).id, random.integer(1, 60))
      pledges.watch('truncate', truncated, request())
    },
    'update a nested setting'(random) {
      const type = random.pick(['near_field', 'far_field'] as const)
      const input = random.chance(0.7) ? { noise_reduction: { type } } : { noise_reduction: null }
      const output = { speed: random.pick([0.9, 1, 1.1]) }
      const audio = random.pick([{ input }, { output }, { input, output }])
      const change = ++nestedChanges
      wait('update', (signal) => client.session.update({ audio }, { signal }), {
        ...request(),
        onResolved(session: { readonly audio?: { readonly output?: { readonly speed?: unknown } } }) {
          const speed = 'output' in audio ? audio.output.speed : undefined
          const isCertain = environment.isFaultless && change === nestedChanges && speed !== undefined
          if (isCertain && session.audio?.output?.speed !== speed)
            report('a request resolves with what it asked for', `${session.audio?.output?.speed} instead of ${speed}`)
        },
        isOpen: request().isOpen && !faults.hasIgnoredUpdate,
      })
    },
    'update the configuration'() {
      const limit = ++limits.requested
      const owner = client
      limits.possible.add(limit)
      wait('update', (signal) => client.session.update({ max_output_tokens: limit }, { signal }), {
        ...request(),
        isOpen: request().isOpen && !faults.hasIgnoredUpdate,
        onResolved(session: { readonly max_output_tokens?: unknown }) {
          const isCertain = environment.isFaultless && client === owner && limit === limits.requested
          if (isCertain && session.max_output_tokens !== limit)
            report('a request resolves with what it asked for', `${session.max_output_tokens} instead of ${limit}`)
          // A session that was resumed from an earlier snapshot does not have the change. An acknowledgement does not name its request, so
          // one that comes late for an earlier request resolves a later one.
          if (client !== owner || limits.hasGivenUp) return
          for (const known of limits.possible) if (known < limit) limits.possible.delete(known)
        },
        onRejected(error: unknown) {
          if (isRealtimeError(error) && error.code === 'SERVER_ERROR') limits.possible.delete(limit)
          else limits.hasGivenUp = true
        },
      })
    },
    'update without waiting'(random) {
      nestedChanges += 1
      const session = { type: 'realtime' as const, audio: { output: { speed: random.pick([0.8, 0.9, 1, 1.1]) } } }
      attempt(() => client.session.send({ type: 'session.update', session }))
    },
    'create an item without waiting'(random) {
      const content = [{ type: 'input_text' as const, text: words(random) }]
      attempt(() =>
        client.session.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } }),
      )
    },
    'say a word'() {
      const word = speakWord(speech.next())
      if (link.speak) link.speak(word)
      // A call that throws has said nothing.
      else if (!append(word)) return
      speech.spoken()
    },
    'say many words'(random) {
      for (let count = random.integer(5, 12); count > 0; count--) actions['say a word'](random)
    },
    'be silent': () => beSilent(400),
    'commit between two words'(random) {
      actions['say a word'](random)
      actions.commit(random)
      actions['say a word'](random)
    },
    'clear between two words'(random) {
      actions['say a word'](random)
      actions.clear(random)
      actions['say a word'](random)
    },
    commit: () =>
      wait('commit', (signal) => client.session.audio.commit({ signal }), {
        ...request(),
        onResolved({ item_id: itemId }: { readonly item_id: string }) {
          const isKnown = network.traffic.some(({ delivered }) =>
            delivered.some(({ type, item_id: id }) => type === 'input_audio_buffer.committed' && id === itemId),
          )
          if (!isKnown && !faults.isLawless && !setup.translates)
            report('a request resolves with what it asked for', `${itemId} was not committed`)
        },
      }),
    clear() {
      speech.giveUp()
      pledges.watch('clear', client.session.audio.clear(), request())
    },
    drain: () => wait('drained', (signal) => client.session.audio.drained({ signal })),
    'call a fast tool': (random) => callTool(random, ['fast', 'throwing', 'rejecting', 'silent']),
    'call a slow tool': (random) =>
      callTool(random, ['slow', 'background', 'stuck', 'interruptible', 'steadfast', 'approved']),
    'call a background tool': (random) => callTool(random, ['background']),
    'call a slow silent tool'(random) {
      if (setup.features !== 'none') ask(random, 'tell', 'note', random.pick(['fast', 'note', 'slow']))
    },
    'call a tool when the session opens'(random) {
      client.reactToOpen(() => callTool(random, tools.names))
    },
    'call several tools'(random) {
      if (setup.features === 'none') return
      const count = random.integer(2, 4)
      ask(random, 'call', ...Array.from({ length: count }, () => random.pick(tools.names)))
    },
    'talk and call a tool'(random) {
      if (setup.features !== 'none') ask(random, 'tell', random.pick(tools.names))
    },
    'call an unknown tool': (random) => callTool(random, ['nothing_known']),
    'call tools again and again'(random) {
      if (setup.features !== 'none') ask(random, 'loop', random.pick(['fast', 'silent', 'throwing']))
    },
    'let the server call a tool'(random) {
      if (setup.usesMcp) ask(random, 'consult', random.pick(mcpTools))
    },
    'veto a handoff': () => tools.vetoNext(),
    approve: (random) => decide(random, true),
    'reject an approval': (random) => decide(random, false),
    'hand off'(random) {
      const { agents } = client
      if (agents) pledges.watch('hand off', agents.handOff(random.pick(['first', 'second'])), { mayWait: true })
    },
    'let the model hand off'(random) {
      const { agents } = client
      if (agents) ask(random, 'call', `transfer_to_${agents.current.name === 'first' ? 'second' : 'first'}`)
    },
    'say a forbidden word': (random) => ask(random, 'say', forbiddenWord, 'things'),
    'let the model tell a story': (random) => ask(random, 'story'),
    'let the model talk for long': (random) => ask(random, 'talk'),
    'stop a feature': (random) => client.stopFeature(random),
    'let a response fail': (random) => ask(random, 'fail'),
    'let a response wait': (random) => ask(random, 'wait'),
    'let a response be empty': (random) => ask(random, 'empty'),
    'wait for an event'(random) {
      const { session } = client
      const type = random.pick(['response.done', 'response.created', 'conversation.item.added'] as const)
      let isWaiting = true
      const end = () => {
        isWaiting = false
      }
      wait('waitFor', (signal) => session.waitFor(type, { signal }), {
        mayWait: true,
        onResolved: end,
        onRejected: end,
      })
      const stop = session.on(type, () => {
        stop()
        setImmediate(() => {
          if (isWaiting) report('waitFor() resolves with the next event', type)
        })
      })
    },
    'skim a response'(random) {
      const running = client.handles.find((handle) => handle.id !== undefined && !client.outcomes.has(handle))
      if (client.handles.length > 0) skimResponse(running ?? random.pick(client.handles.slice(-3)), random)
    },
    'read events'(random) {
      const { session } = client
      const isAborted = random.chance(0.3)
      wait(
        'read events',
        async (signal) => {
          if (isAborted) signals.abortLast()
          for await (const _ of session.events({ signal }));
        },
        { mayWait: true },
      )
    },
    'read a response'(random) {
      const running = client.handles.find((handle) => handle.id !== undefined && !client.outcomes.has(handle))
      if (client.handles.length > 0) readResponse(running ?? random.pick(client.handles.slice(-3)))
    },
    'connect again': connect,
    rotate() {
      const { session } = client
      // A rotation that waits already looks from time to time whether it may start.
      const isFree =
        session.getState().status === 'open' && !laws.hasTurnInFlight() && !pledges.pending.includes('rotate')
      pledges.watch('rotate', session.rotate())
      const { line } = network
      clock.after(rotationLimitMs, () => {
        if (isFree && session.getState().status === 'open' && network.line === line)
          report('a session rotates at once when nothing is in flight', 'it still waits')
      })
    },
    'snapshot and resume'() {
      const taken = JSON.parse(JSON.stringify(snapshot(client.session))) as SessionSnapshot
      closeClient()
      client = createClient(taken)
      connect()
    },
    'abort a wait': () => signals.abortOne(),
    'abort the last wait': () => signals.abortLast(),
    'throw in a listener'() {
      client.reactOnce(() => {
        const error = new Error('thrown on purpose')
        environment.expectReported(error)
        throw error
      })
    },
    'act in a listener'(random) {
      const name = random.weighted({ ...actionWeights, ...noMoves })
      client.reactOnce(() => void actions[name](random))
    },
    close(random) {
      const code = random.pick([1000, 3001, 4999])
      const { session } = client
      const isFirst = !['closing', 'closed'].includes(session.getState().status)
      pledges.watch('close', session.close(code, 'enough'))
      void session.closed.then((closed) => {
        if (!isFirst || closed.initiator !== 'client') return
        if (closed.error !== undefined) report('a session that the app closes has no error', nameOf(closed.error))
      })
    },
  }

  function deleteOne(choose: (all: ReturnType<typeof items>) => { readonly id: string } | undefined): void {
    // Without its output, a call would look unanswered.
    const all = items().filter(({ item }) => item.type === 'message')
    const chosen = all.length > 0 ? choose(all) : undefined
    if (!chosen) return
    client.deleted.add(chosen.id)
    pledges.watch('delete', client.session.items.delete(chosen.id), {
      ...request(),
      // The acknowledgement names only the item, so an earlier request that the server ignored may take it.
      isOpen: request().isOpen && !faults.hasIgnoredRequest,
    })
  }

  const approvals = () => (client.tools ?? client.agents ?? client.mcp)?.approvals

  function decide(random: Random, isApproved: boolean): void {
    const pending = approvals()?.pending ?? []
    if (pending.length === 0) return
    const { id } = random.pick(pending)
    const always = isApproved && random.chance(0.2)
    tools.decide(id, isApproved, always)
    if (isApproved) approvals()?.approve(id, { always })
    else approvals()?.reject(id, 'No.')
  }

  /** Returns the events of a response that was completed and that the session has received whole, or `undefined`. */
  function wholeResponse(handle: ResponseHandle): readonly Json[] | undefined {
    // A response that was given up has fewer words than the server has sent.
    if (client.outcomes.get(handle)?.status !== 'completed') return undefined
    if (faults.isLawless || client.session.getState().status !== 'open') return undefined
    const idOf = ({ response_id: id, response }: Json) => id ?? (response as { id?: unknown } | undefined)?.id
    const delivered = network.traffic.flatMap((each) => each.delivered).filter((event) => idOf(event) === handle.id)
    const isCompleted = delivered.some(
      ({ type, response }) => type === 'response.done' && (response as { status?: string }).status === 'completed',
    )
    // A response whose start was lost is not known to be that of `runTools`.
    if (!isCompleted || !delivered.some(({ type }) => type === 'response.created')) return undefined
    return network.traffic.flatMap(({ sent }) => sent).filter((event) => idOf(event) === handle.id)
  }

  const isFollowUp = (events: readonly Json[]) =>
    events.some(
      ({ response }) =>
        (response as { metadata?: { follow_up?: string } | null } | undefined)?.metadata?.follow_up === 'tools',
    )

  /** Reads a response more slowly than it arrives. Old values are skipped, and the last one is not. */
  function skimResponse(handle: ResponseHandle, random: Random): void {
    const options = { maxWaitingBytes: random.integer(1, 40), whenFull: 'drop' as const }
    const pauseMs = random.pick([0, 20, 200])
    const skim = async <T>(values: AsyncIterable<T>) => {
      let last: T | undefined
      for await (const value of values) {
        last = value
        if (pauseMs > 0) await new Promise<void>((resolve) => clock.after(pauseMs, resolve))
      }
      return last
    }
    const skimmed = async () => {
      const [text, transcript, audio] = await Promise.all([
        skim(handle.text(options)),
        skim(handle.transcript(options)),
        skim(handle.audio(options)),
      ])
      return { text, audio_transcript: transcript, audio: audio && encodeBase64(audio) }
    }
    pledges.watch('skim', skimmed(), {
      onResolved(last: Awaited<ReturnType<typeof skimmed>>) {
        const events = wholeResponse(handle)
        if (!events || isFollowUp(events)) return
        for (const kind of ['text', 'audio_transcript', 'audio'] as const) {
          if (kind === 'audio' && setup.guardrails === 'hold back') continue
          const newest = events.findLast(({ type }) => type === `response.output_${kind}.delta`)?.delta
          if (last[kind] !== newest)
            report('a reader that skips values gets the last one', `${kind}: ${last[kind]} instead of ${newest}`)
        }
      },
      onRejected: (error: unknown) => report('a reader that may skip values does not fail', nameOf(error)),
    })
  }

  function readResponse(handle: ResponseHandle): void {
    const startedAt = clock.now()
    const readText = async (deltas: AsyncIterable<string>, times: readonly number[]) => {
      let [text, count] = ['', 0]
      for await (const delta of deltas) {
        text += delta
        const at = times[count++] ?? Number.POSITIVE_INFINITY
        if (isPrompt && clock.now() > Math.max(at, startedAt))
          report('a reader gets a word when it arrives', `${clock.now() - at} ms later`)
      }
      return text
    }
    const isPrompt = setup.guardrails !== 'hold back' && !setup.translates && !faults.isLawless
    const timesOf = (type: string) => {
      const key = `${handle.id} ${type}`
      const times = deltaTimes.get(key) ?? []
      deltaTimes.set(key, times)
      return times
    }
    const read = async () => {
      const parts = [
        readText(handle.text(), timesOf('response.output_text.delta')),
        readText(handle.transcript(), timesOf('response.output_audio_transcript.delta')),
      ]
      const items: string[] = []
      for await (const { id } of handle.items()) items.push(String(id))
      let audio = ''
      for await (const bytes of handle.audio()) audio += encodeBase64(bytes)
      return { text: (await Promise.all(parts)).join(''), items, audio }
    }
    pledges.watch('read', read(), {
      onResolved({ text, items: itemIds, audio }: Awaited<ReturnType<typeof read>>) {
        const events = wholeResponse(handle)
        if (!events) return
        const deltas = events.filter(({ type }) => /\.output_(text|audio_transcript)\.delta$/.test(type ?? ''))
        // `runTools` requests its responses with `content: 'discard'`.
        const isDiscarded = isFollowUp(events)
        const expected = isDiscarded ? '' : deltas.map(({ delta }) => delta).join('')
        if (text !== expected) report('a reader gets every word of a response', `${text} instead of ${expected}`)
        if (isDiscarded) return
        const done = events.filter(({ type }) => type === 'response.output_item.done')
        const expectedIds = done.map(({ item }) => (item as { id: string }).id)
        if (itemIds.join() !== expectedIds.join())
          report('a reader gets every item of a response', `${itemIds} instead of ${expectedIds}`)
        const sent = events.filter(({ type }) => type === 'response.output_audio.delta')
        const bytes = sent.map(({ delta }) => decodeBase64(String(delta)))
        if (setup.guardrails !== 'hold back' && audio !== bytes.map(encodeBase64).join(''))
          report('a reader gets all audio of a response', `${audio.length} characters of ${sent.length} deltas`)
      },
    })
  }

  function closeClient(): void {
    speech.giveUp()
    formerClients.push(client)
    pledges.watch('close', client.session.close())
  }

  const awaitsRegistration = () =>
    client.registration === 'pending' && setup.features !== 'none' && !client.stopped.has('tools')

  const isServerBusy = () => {
    const sent = network.traffic.at(-1)?.sent ?? []
    const count = (type: string) => sent.filter((event) => event.type === type).length
    return count('response.created') > count('response.done')
  }

  return {
    actions,
    faults: {
      ...faults.faults,
      ...link.faults,
      'slow model': () => model.slowDown(),
      // A client cannot know that a response is out of band without its start.
      'lost creation': () =>
        network.loseNext(
          ({ type, response }) =>
            type === 'response.created' && (response as { conversation_id?: unknown }).conversation_id !== null,
        ),
      'repeated transcript': () =>
        network.repeatNext(({ type }) => type === 'conversation.item.input_audio_transcription.completed'),
      // See "Some servers leave it out" in docs/reference/events.md.
      'missing positions'() {
        network.omit('input_audio_buffer.speech_started', 'audio_start_ms')
        network.omit('input_audio_buffer.speech_stopped', 'audio_end_ms')
      },
      online(random) {
        if (isSocket) reconnection.goOnline(() => void faults.faults.online(random))
        else faults.faults.online(random)
      },
      'drop while the user speaks'(random) {
        network.line?.stall(1_000)
        for (let count = random.integer(1, 4); count > 0; count--) actions['say a word'](random)
        network.line?.drop()
        actions['say a word'](random)
      },
    },
    connect() {
      // A call that was hung up cannot be joined again.
      const isFirst = network.traffic.length === 0
      if (client.session.getState().status === 'idle' && (isFirst || !link.isJoined)) connect()
    },
    check() {
      events.check()
      laws.check()
      client.check()
    },
    isQuiet() {
      const { status, responses } = client.session.getState()
      if (status === 'closed' || status === 'idle') return network.isIdle
      return (
        status === 'open' &&
        client.features.isIdle &&
        !(faults.hasIgnoredUpdate && awaitsRegistration()) &&
        network.isIdle &&
        // The text of a response that does not exist starts one that never ends.
        (responses.activeId === undefined || faults.isLawless) &&
        !isServerBusy()
      )
    },
    calm() {
      model.calm()
      client.forgetReactions()
      // A server that has ignored an update shows by any event that its connection works.
      if (faults.hasIgnoredUpdate && (awaitsRegistration() || !client.features.isIdle))
        network.line?.inject(JSON.stringify({ type: 'future.event', event_id: 'event_future' }))
      for (const { id } of approvals()?.pending ?? []) {
        tools.decide(id, true, false)
        approvals()?.approve(id)
      }
      if (setup.detectsTurns && client.session.getState().inputAudio.isSpeaking) beSilent(600)
    },
    async checkCalm() {
      const parts = { client, setup, link, speech, tools, faults, limits, abandoned, hasFailedToConnect, probe }
      await checkCalmClient(environment, parts)
    },
    close() {
      pledges.watch('close', client.session.close())
      for (const handle of client.handles) handle.cancel()
      link.close()
    },
    checkClosed() {
      for (const former of [...formerClients, client]) checkClosedClient(environment, former)
      link.checkClosed()
      if (network.openLines > 0) report('no connection is left', `${network.openLines} are open`)
      if (emulator.sessionCount > 0) report('no session is left on the server', `${emulator.sessionCount} are open`)
      if (signals.listeners() > 0) report('no listener is left', `${signals.listeners()} on signals`)
    },
  }
}
