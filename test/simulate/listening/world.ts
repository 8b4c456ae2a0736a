import { isRealtimeError } from '../../../src/errors.js'
import type { ConnectRequest } from '../../../src/testing/emulator/authentication.js'
import { createEmulator } from '../../../src/testing/emulator/emulator.js'
import { reconnecting } from '../../../src/transports/reconnecting.js'
import { countedSignals } from '../../conformance/session/wild/counted-signals.js'
import { createNetworkFaults, networkFaultWeights } from '../network/faults.js'
import { watchReconnection } from '../network/reconnection.js'
import { createRetryLaws, ownDelayMs } from '../network/retry-laws.js'
import { firstDifference } from '../oracle.js'
import { nameOf } from '../pledges.js'
import { createVoice } from '../realtime/model.js'
import { createSpeech } from '../realtime/speech.js'
import { speakWord } from '../words.js'
import type { Environment, Kind, Perform, World } from '../world.js'
import { createTranscription, createTranslation, type ListeningOptions, type ListeningSession } from './session.js'

const requestTimeoutMs = 10_000
const maxAttempts = 6
const connectLimitMs = 60_000
const longestAppendMs = 600
const noAudio = { sentMs: 0, replayedMs: 0 }

const actionWeights = {
  'say a word': 20,
  'be silent': 8,
  commit: 5,
  clear: 0.5,
  drain: 1,
  'update the configuration': 3,
  finish: 1,
  'wait for an event': 1,
  'connect again': 1,
  'abort a wait': 2,
  'throw in a listener': 2,
  'act in a listener': 3,
  close: 0.3,
} as const

const listeningThemes = {
  turns: ['say a word', 'be silent', 'commit', 'finish'],
  'lost audio': ['say a word', 'be silent', 'drop', 'stalled connection', 'commit', 'finish'],
  configuration: ['update the configuration', 'refused request', 'unanswered request', 'drop'],
  connections: [
    'drop',
    'refused handshake',
    'silent handshake',
    'silent server',
    'half-open connection',
    'connect again',
  ],
  waits: ['wait for an event', 'abort a wait', 'drain', 'connect again', 'close', 'act in a listener', 'finish'],
  order: ['say a word', 'be silent', 'reordered frames', 'late frame'],
} as const

const listeningScenarios = [
  ['stalled connection', 'say a word', 'say a word', 'commit', 'say a word', 300, 'drop', 'say a word', 2_000],
  ['say a word', 'commit', 'say a word', 'drop', 'say a word', 'commit'],
  ['say a word', 'be silent', 'late frame', 'say a word', 'be silent', 'late frame', 'say a word', 'be silent', 3_000],
  ['say a word', 'be silent', 3_000, 'say a word', 'drop', 3_000, 'say a word', 'be silent'],
  ['half-open connection', 'say a word', 'commit', 'say a word', 'be silent'],
  ['drop', 'say a word', 'say a word', 'commit', 'say a word', 'commit', 'say a word'],
  ['unanswered request', 'update the configuration', 11_000, 'drop'],
  ['silent handshake', 'drop', 'close', 20_000],
  ['silent server', 1_000, 'abort a wait', 'connect again', 16_000],
  ['stalled connection', 'close', 4_000],
  ['say a word', 'finish', 'drop', 4_000],
  ['say a word', 'be silent', 'stalled connection', 'finish', 'abort a wait', 4_000],
  ['say a word', 'commit', 'finish', 20, 'abort a wait'],
  ['offline', 'drop', 'say a word', 5_000, 'online', 1_000],
] as const

interface Listening {
  readonly name: string
  readonly request: ConnectRequest
  readonly create: (options: ListeningOptions) => ListeningSession
}

/** Sessions that only listen. */
export const transcriptionKind = kindOf({
  name: 'transcription',
  request: { intent: 'transcription' },
  create: createTranscription,
})
export const translationKind = kindOf({
  name: 'translation',
  request: { service: 'translations', model: 'gpt-realtime-translate' },
  create: createTranslation,
})

function kindOf(listening: Listening): Kind {
  return {
    name: listening.name,
    actions: actionWeights,
    faults: networkFaultWeights,
    themes: listeningThemes,
    scenarios: listeningScenarios,
    create: (environment) => createListeningWorld(environment, listening),
  }
}

function createListeningWorld(environment: Environment, { name, request, create }: Listening): World {
  const { clock: time, random, network, pledges, report, journal } = environment
  const detectsTurns = random.chance(0.5)
  const hears = createSpeech()
  const signals = countedSignals()
  const clock = time.countTimers()
  const wordsByItem = new Map<string, string>()
  const emulator = createEmulator({
    clock: time.countTimers(),
    voice: createVoice(random.integer(0, 2 ** 31)),
    hear(turn) {
      const text = String(hears.transcribe(turn))
      wordsByItem.set(turn.itemId, text)
      return text
    },
    translate: ({ text }) => text,
    pace: random.pick([4, Number.POSITIVE_INFINITY]),
    ...(random.chance(0.2) ? { sessionMinutes: 1.5 } : {}),
  })
  const faults = createNetworkFaults(environment)
  const end = network.createTransport({ accept: (server) => emulator.attach(server, request) })
  const jitter = random.fork('jitter').next
  const hasOwnDelays = random.fork('delays').chance(0.2)
  const transport = reconnecting(end.transport, {
    clock,
    random: jitter,
    maxAttempts,
    ...(hasOwnDelays ? { retryDelayMs: ownDelayMs } : {}),
  })
  const session = create({ transport, clock, detectsTurns })
  const reactions: (() => void)[] = []
  let dropped = 0
  let droppedInOutage = 0
  let isClosed = false
  let closeCode: string | undefined
  let isFinished = false
  /** Whether the request of a `finish()` that was given up had left already, so that the server ignores later audio. */
  let isClosing = false

  function react(event: string): void {
    if (isClosed) report('nothing is emitted after close', event)
    reactions.shift()?.()
  }

  session.on('dropped', ({ appends }) => {
    dropped += appends
    droppedInOutage += appends
    react('dropped')
  })
  session.on('restored', ({ droppedAppends }) => {
    if (droppedAppends !== droppedInOutage)
      report(
        'restored reports the audio that was dropped in the outage',
        `${droppedAppends} instead of ${droppedInOutage}`,
      )
    react('restored')
  })
  for (const type of ['error', 'session.updated', 'status'] as const)
    session.on(type, () => {
      if (type === 'status' && ['reconnecting', 'connecting'].includes(session.status)) droppedInOutage = 0
      react(type)
    })
  const retries = createRetryLaws(environment, { maxAttempts, hasOwnDelays, isOpen: () => session.status === 'open' })
  transport.on('reconnecting', retries.announced)
  session.on('status', retries.interfered)
  session.on('close', ({ error, initiator }) => {
    if (error?.code === 'RECONNECT_EXHAUSTED') retries.exhausted()
    closeCode = initiator === 'client' ? initiator : error?.code
    react('close')
    isClosed = true
  })
  let positionMs = 0
  session.subscribe(() => {
    if (session.positionMs < positionMs)
      report('a translation continues', `from ${positionMs} ms to ${session.positionMs} ms`)
    positionMs = session.positionMs
    react('change')
  })
  pledges.watch('events', iterate(), { mayWait: true, endsWith: session.closed })
  void session.closed.then(() =>
    setImmediate(() => {
      if (clock.pending > (end.transport.state === 'open' ? 1 : 0))
        report('the end of a session stops its timers', `${clock.pending} timers`)
    }),
  )

  const iterated: unknown[] = []
  const starred: unknown[] = []
  session.on('*', (event) => void starred.push(event.event_id))
  network.onDelivery((event, line) => {
    const isExpected = () => session.status === 'open' && end.transport.state === 'open' && network.line === line
    if (typeof event.type !== 'string' || event.event_id === 'event_junk' || !isExpected()) return undefined
    const before = starred.length
    return () => {
      const count = starred.slice(before).filter((id) => id === event.event_id).length
      if (isExpected() && count !== 1)
        report("each event reaches the listeners of '*' once", `${event.type} did ${count} times`)
    }
  })

  async function iterate(): Promise<void> {
    for await (const event of session.events()) iterated.push((event as { event_id?: unknown }).event_id)
  }

  function wait(what: string, start: (signal: AbortSignal) => Promise<unknown>, options: object = {}): void {
    const signal = signals.create()
    pledges.watch(what, start(signal), { signal, endsWith: session.closed, ...options })
  }

  function append(audio: Int16Array): boolean {
    try {
      session.append(audio)
      hears.appended(audio)
      return true
    } catch (error) {
      if (!isRealtimeError(error)) report('errors are those of the library', nameOf(error))
      return false
    }
  }

  function finish(): void {
    isClosing ||= network.traffic.at(-1)?.sentByClient.some(({ type }) => type === 'session.close') ?? false
    wait('finish', (signal) => session.finish({ signal }), {
      isShared: true,
      isPrompt: false,
      onResolved() {
        isFinished = true
      },
    })
  }

  const connect = () =>
    wait('connect', (signal) => session.connect({ signal }), {
      withinMs: connectLimitMs,
      onRejected: () => hears.giveUp(),
    })

  /** Requests settle in time, and time out only because of a fault. */
  const requested = () => ({ withinMs: requestTimeoutMs, isOpen: session.status === 'open' })

  const actions: Record<keyof typeof actionWeights, Perform> = {
    'say a word'() {
      if (append(speakWord(hears.next()))) hears.spoken()
    },
    'be silent': () => void append(hears.pause(600)),
    commit() {
      if (session.commit && !detectsTurns)
        wait('commit', (signal) => session.commit?.({ signal }) ?? Promise.resolve(), requested())
    },
    clear() {
      if (!session.clear) return
      hears.giveUp()
      pledges.watch('clear', session.clear(), requested())
    },
    drain: () => wait('drained', (signal) => session.drained({ signal })),
    'update the configuration': () =>
      wait('update', (signal) => session.update({ signal }), {
        ...requested(),
        isOpen: session.status === 'open' && !faults.hasIgnoredUpdate,
      }),
    finish,
    'wait for an event': () => wait('waitFor', (signal) => session.waitFor({ signal }), { mayWait: true }),
    'connect again': connect,
    'abort a wait': () => signals.abortOne(),
    'throw in a listener'() {
      reactions.push(() => {
        const error = new Error('thrown on purpose')
        environment.expectReported(error)
        throw error
      })
    },
    'act in a listener'(random) {
      const action = random.weighted(actionWeights)
      reactions.push(() => void actions[action](random))
    },
    close() {
      hears.giveUp()
      pledges.watch('close', session.close())
    },
  }

  /** A new server gets the audio again that the last one has not translated. */
  function checkReplayedAudio(): void {
    if (faults.isLawless || name !== 'translation') return
    const replayed = hears.replayed(network)
    for (const [index, { delivered }] of network.traffic.entries()) {
      const positions = delivered.map(({ elapsed_ms: ms }) => Number(ms ?? 0))
      const [translatedMs, { sentMs } = noAudio, next = noAudio] = [
        Math.max(0, ...positions),
        replayed[index],
        replayed[index + 1],
      ]
      if (translatedMs > 0 && next.replayedMs > Math.max(0, sentMs - translatedMs) + longestAppendMs)
        report(
          'audio that was translated is not sent again',
          `${next.replayedMs} ms again after ${translatedMs} of ${sentMs} ms`,
        )
    }
  }

  function checkTranscripts(): void {
    if (faults.isLawless) return
    const complete = session.transcripts.filter(({ isComplete }) => isComplete)
    for (const { itemId, text } of complete)
      if (itemId !== undefined && text !== wordsByItem.get(itemId))
        report('a transcript is that of the server', `${text} instead of ${wordsByItem.get(itemId)}`)
    const words = complete.flatMap(({ text }) => [...text.matchAll(/word(\d+)/g)].map(([, word]) => Number(word)))
    const isMoved = network.traffic.length > 1
    for (const [index, word] of words.entries()) {
      const before = words[index - 1]
      // A translation may repeat speech of which the server had not reported the position.
      if (before !== undefined && word <= before && !(name === 'translation' && isMoved))
        report('words are in order and there once', `word ${word} after ${before}`)
    }
    const failed = session.transcripts.filter(({ isComplete }) => !isComplete)
    if (isFinished && !isMoved && failed.length > 0)
      report('finish() waits for the last transcript', `${failed.length} turns have none`)
    const missing = hears.missing()
    if (name === 'transcription' && isFinished && missing.length > dropped)
      report('no word of the user is lost', `${missing} are missing, and ${dropped} appends were reported`)
    if (failed.length > 0 || isMoved || isClosing) return
    if (isFinished && !detectsTurns && hears.neverReceived(network) > dropped)
      report('audio that was not sent is reported', `${hears.neverReceived(network)} appends`)
    if (name === 'translation' && isFinished && missing.length > dropped)
      report('no word of the user is lost', `${missing} are missing, and ${dropped} appends were reported`)
    const untold = Array.from({ length: hears.next() }, (_, word) => word).filter((word) => !words.includes(word))
    if (isFinished && missing.length === 0 && untold.length > 0 && !hears.hasGivenUp)
      report('finish() waits for the last transcript', `${untold} are missing`)
  }

  const reconnection = watchReconnection(environment, true, () => ({
    get status() {
      return session.status
    },
    get transportState() {
      return transport.state
    },
    reconnects: true,
    get closeCode() {
      return closeCode
    },
  }))

  return {
    actions,
    faults: {
      ...faults.faults,
      online(random) {
        reconnection.goOnline(() => void faults.faults.online(random))
      },
    },
    connect() {
      if (session.status === 'idle') connect()
    },
    check() {},
    isQuiet: () => network.isIdle && !['connecting', 'reconnecting', 'closing'].includes(session.status),
    calm() {
      reactions.length = 0
    },
    async checkCalm() {
      if (session.status === 'idle')
        report('a session connects when the server answers', 'connect() has failed after the last fault')
      if (session.status === 'open') {
        finish()
        await time.advance(60_000)
        // A transcript that has arrived in the wrong order may be missing for ever.
        const isStuck = !faults.isLawless && session.status === 'open' && network.traffic.at(-1)?.line.isAlive
        if (isStuck && !isFinished) report('an open session can be finished', `${name} is still open`)
      }
      checkTranscripts()
      checkReplayedAudio()
      const mismatch = firstDifference(iterated, starred)
      if (mismatch) report('events are iterated in the order of their arrival', mismatch)
      for (const problem of hears.disordered(network)) report('audio is sent in order and once to each server', problem)
    },
    close() {
      pledges.watch('close', session.close())
    },
    checkClosed() {
      journal.note(() => `transcripts ${JSON.stringify(session.transcripts)}`)
      if (session.status !== 'closed') report('a session that was closed is closed', session.status)
      if (clock.pending > 0) report('no timer is left', `${clock.pending} timers`)
      if (end.listeners > 0) report('no listener is left', `${end.listeners} on the transport`)
      if (network.openLines > 0) report('no connection is left', `${network.openLines} are open`)
      if (emulator.sessionCount > 0) report('no session is left on the server', `${emulator.sessionCount} are open`)
      if (signals.listeners() > 0) report('no listener is left', `${signals.listeners()} on signals`)
    },
  }
}
