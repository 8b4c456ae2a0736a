import { decodeBase64 } from '../../../src/audio/base64.js'
import { decodeMuLaw } from '../../../src/audio/g711.js'
import { isRealtimeError } from '../../../src/errors.js'
import { createSession } from '../../../src/session/realtime.js'
import { createEmulator } from '../../../src/testing/emulator/emulator.js'
import { reply } from '../../../src/testing/emulator/script.js'
import { type PairedSocket, socketPair } from '../../../src/testing/telephone/socket-pair.js'
import { createTelephone } from '../../../src/testing/telephone/telephone.js'
import { reconnecting } from '../../../src/transports/reconnecting.js'
import { bridgeTwilio } from '../../../src/twilio/bridge.js'
import { createNetworkFaults, networkFaultWeights } from '../network/faults.js'
import { nameOf } from '../pledges.js'
import { createVoice } from '../realtime/model.js'
import type { Environment, Kind, Perform, World } from '../world.js'
import { createCallLaws } from './call-laws.js'
import { createBridgeSetup } from './setup.js'

const requestTimeoutMs = 10_000

const actionWeights = {
  'the caller says a word': 16,
  'press a key': 2,
  respond: 4,
  interrupt: 2,
  'update the configuration': 2,
  'wait for the end of the audio': 2,
  rotate: 1,
  'throw in a listener': 1,
  'act in a listener': 2,
  'end the bridge': 0.5,
  'close the session': 0.5,
} as const

const faultWeights = {
  ...networkFaultWeights,
  'hang up': 2,
  'hang up without stop': 1,
  'stop without close': 1,
  'hang up twice': 1,
  'hang up while the session closes': 1,
  'junk from the provider': 3,
  'second start': 1,
  'socket error': 1,
  'slow provider': 2,
  'gap in the audio': 3,
  'silent provider': 1,
  'lost marks': 0.5,
} as const

/** Telephone calls: `bridgeTwilio` between a simulated caller and a session. */
export const twilioKind: Kind = {
  name: 'twilio',
  actions: actionWeights,
  faults: faultWeights,
  pace: 0.2,
  themes: {
    conversation: ['the caller says a word', 'respond', 'interrupt', 'wait for the end of the audio'],
    'ends of a call': [
      'hang up',
      'hang up without stop',
      'stop without close',
      'hang up twice',
      'socket error',
      'end the bridge',
    ],
    'slow audio': ['the caller says a word', 'slow provider', 'stalled connection', 'drop', 'rotate'],
    connections: ['drop', 'refused handshake', 'silent handshake', 'silent server', 'half-open connection'],
  },
  scenarios: [
    ['respond', 600, 'the caller says a word', 1_000, 'respond', 300, 'interrupt'],
    ['respond', 'wait for the end of the audio', 400, 'hang up'],
    ['slow provider', 'respond', 2_000, 'interrupt'],
    ['the caller says a word', 'drop', 'the caller says a word', 2_000],
    ['silent handshake', 'drop', 'the caller says a word', 'hang up', 1_000],
    ['silent server', 'drop', 1_000, 'end the bridge'],
    ['stalled connection', 'the caller says a word', 'close the session', 'hang up'],
    ['respond', 500, 'drop', 'hang up without stop', 1_000],
  ],
  create: createTwilioWorld,
}

/** Greatest number of words of a call. Each has a level of its own that mu-law keeps. */
const maxWords = 40
const bytesPerMs = 8

/** Returns the mu-law audio of word `index`: a loud square wave of 500 Hz. */
function speakWord(index: number): Uint8Array {
  return Uint8Array.from({ length: 160 * bytesPerMs }, (_, at) => (at % 16 < 8 ? 0x80 : 0) | index)
}

const levels = new Map(
  Array.from({ length: maxWords }, (_, word) => [Math.abs(decodeMuLaw(Uint8Array.of(0x80 | word))[0] ?? 0), word]),
)

function recognizeWords(pcm: Int16Array): readonly number[] {
  const words: number[] = []
  for (const sample of pcm) {
    const word = levels.get(Math.abs(sample))
    if (word !== undefined && words.at(-1) !== word) words.push(word)
  }
  return words
}

const isAudible = (byte: number) => byte !== 0xff && byte !== 0x7f

/** Returns the values of a list without immediate repetitions. */
function runsOf(values: readonly number[]): readonly number[] {
  return values.filter((value, index) => value !== values[index - 1])
}

type Message = Readonly<Record<string, unknown>>

/** A socket whose buffer can be filled. `onSend` is called before each message is sent, and keeps it back by returning false. */
function watchedSocket(inner: PairedSocket, onSend: (message: Message | undefined) => boolean) {
  let bufferedAmount = 0
  return {
    socket: Object.defineProperties(Object.create(inner) as PairedSocket, {
      bufferedAmount: { get: () => bufferedAmount },
      listenerCount: { get: () => inner.listenerCount },
      send: {
        value(text: string) {
          if (onSend(parse(text))) inner.send(text)
        },
      },
    }),
    fill: (bytes: number) => {
      bufferedAmount = bytes
    },
  }
}

function parse(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Message) : undefined
  } catch {
    return undefined
  }
}

function createTwilioWorld(environment: Environment): World {
  const { clock: time, random, network, pledges, report, journal } = environment
  const clock = time.countTimers()
  const heard: number[] = []
  const emulator = createEmulator({
    clock: time.countTimers(),
    script: (turn) => reply(`Reply ${turn.index} to ${turn.text === '' ? 'nothing' : turn.text}.`),
    voice: createVoice(random.integer(0, 2 ** 31)),
    hear({ audio }) {
      const words = recognizeWords(audio.pcm)
      heard.push(...words)
      return words.map((word) => `word${word}`).join(' ')
    },
    pace: random.pick([1, 4, 20]),
  })
  const faults = createNetworkFaults(environment)
  const end = network.createTransport({ accept: (server) => emulator.attach(server, { model: 'gpt-realtime-2.1' }) })
  const jitter = random.fork('jitter').next
  const session = createSession({
    transport: reconnecting(end.transport, { clock, random: jitter, maxAttempts: 6 }),
    clock,
    config: { audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 200 } } } },
  })
  const [near, far] = socketPair()
  const { socket, fill } = watchedSocket(near, (command) => {
    if (command) laws.commandSent(command)
    return true
  })
  const provider = watchedSocket(far, (message) => {
    const isLost =
      time.now() < silentUntil ||
      (message?.event === 'media' && time.now() < gapUntil) ||
      (message?.event === 'mark' && losesMarks)
    if (!isLost) laws.messageSent(message)
    return !isLost
  })
  const onStop = random.pick(['close', 'close', 'keep'] as const)
  const setup = createBridgeSetup(random.fork('bridge'), onStop)
  const customParameters = { name: 'simulated' }
  const bridge = bridgeTwilio(socket, session, setup)
  const phone = createTelephone(provider.socket, { clock: time, customParameters })
  let silentUntil = Number.NEGATIVE_INFINITY
  let gapUntil = Number.NEGATIVE_INFINITY
  let losesMarks = false
  const isLawless = () => faults.isLawless
  const laws = createCallLaws(environment, { session, bridge, phone, socket, setup, customParameters, isLawless })
  const reactions: (() => void)[] = []
  let words = 0
  let stops = 0
  let interruptions = 0
  let droppedMs = 0
  let pressed = ''
  let received = ''

  function react(name: string): void {
    if (stops > 0 && name !== 'stop') report('nothing is emitted after stop', name)
    reactions.shift()?.()
  }

  bridge.on('dtmf', ({ digit }) => {
    received += digit
  })
  for (const name of ['start', 'ready', 'dtmf', 'stalled', 'unknown', 'invalid'] as const)
    bridge.on(name, () => react(name))
  bridge.on('dropped', ({ ms }) => {
    droppedMs += ms
    react('dropped')
  })
  let ignored = 0
  bridge.on('unknown', () => {
    ignored += 1
  })
  bridge.on('invalid', () => {
    ignored += 1
  })
  bridge.on('stop', ({ reason, error }) => {
    stops += 1
    journal.note(`bridge stopped: ${reason} ${error === undefined ? '' : nameOf(error)}`)
    if (error !== undefined && !isRealtimeError(error)) report('errors are those of the library', nameOf(error))
    react('stop')
    if (onStop === 'close')
      void session.closed.then(() =>
        setImmediate(() => {
          if (clock.pending > (end.transport.state === 'open' ? 1 : 0))
            report('the end of a session stops its timers', `${clock.pending} timers`)
        }),
      )
  })
  session.on('interrupted', () => {
    interruptions += 1
  })

  const fromProvider = (message: object | string) =>
    provider.socket.send(
      typeof message === 'string' ? message : JSON.stringify({ streamSid: phone.streamSid, ...message }),
    )

  /** Sends a message that the bridge cannot use. It reports each of them. */
  function sendUnusable(message: object | string): void {
    const before = ignored
    fromProvider(message)
    const isInGap = JSON.stringify(message).includes('media') && time.now() < gapUntil
    const isReceived = stops === 0 && !phone.isOver && !isInGap && time.now() >= silentUntil
    if (isReceived)
      setImmediate(() => {
        if (ignored === before && stops === 0 && !isEnding)
          report('a message that a bridge cannot use is reported', JSON.stringify(message))
      })
  }

  const actions: Record<keyof typeof actionWeights, Perform> = {
    'the caller says a word'() {
      if (phone.isOver || words === maxWords) return
      pledges.watch('say', phone.say(speakWord(words)))
      words += 1
    },
    'press a key'(random) {
      const digit = random.pick(['1', '#'])
      // A call that has not started has no keys.
      if (!hasStarted) return
      if (!phone.isOver && stops === 0 && time.now() >= silentUntil) pressed += digit
      phone.press(digit)
    },
    respond() {
      const handle = session.respond()
      pledges.watch('response created', handle.created, { endsWith: session.closed })
      pledges.watch('response done', handle.done, { endsWith: session.closed })
    },
    interrupt: () => void session.interrupt(),
    'update the configuration': () =>
      pledges.watch('update', session.update({ instructions: 'Rhyme.' }), {
        withinMs: requestTimeoutMs,
        endsWith: session.closed,
      }),
    'wait for the end of the audio'() {
      const drained = bridge.drained()
      pledges.watch('drained', drained)
      laws.watchDrained(drained)
    },
    rotate: () => pledges.watch('rotate', session.rotate()),
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
    'end the bridge'() {
      ending('client')
      pledges.watch('end of the bridge', bridge())
    },
    'close the session': () => pledges.watch('close', session.close()),
  }

  const socketFaults: Record<Exclude<keyof typeof faultWeights, keyof typeof networkFaultWeights>, Perform> = {
    'hang up': hangUp,
    'hang up without stop'() {
      ending('dropped')
      phone.drop()
    },
    'stop without close'() {
      // A provider that is silent sends no message of this kind either.
      if (time.now() >= silentUntil) ending('hangup')
      fromProvider({ event: 'stop', stop: {} })
    },
    'hang up twice'() {
      hangUp()
      phone.drop()
      far.close()
    },
    'hang up while the session closes'() {
      pledges.watch('close', session.close())
      hangUp()
    },
    'junk from the provider': (random) =>
      sendUnusable(
        random.pick([
          'not json',
          '{}',
          '{"event":7}',
          '{"event":"later"}',
          '{"event":"media","media":{"payload":7}}',
          '',
        ]),
      ),
    'second start'() {
      const start = { streamSid: phone.streamSid, callSid: phone.callSid, tracks: [], customParameters }
      if (bridge.call) sendUnusable({ event: 'start', start })
      else fromProvider({ event: 'start', start })
    },
    'socket error'() {
      ending('dropped')
      far.close()
    },
    'slow provider'(random) {
      fill(1_000_000)
      time.after(random.integer(100, 5_000), () => fill(0))
    },
    'gap in the audio'(random) {
      gapUntil = time.now() + random.pick([40, 80, 200, 600, 1_500, 4_000])
    },
    'silent provider'(random) {
      silentUntil = time.now() + random.pick([1_000, 3_000, 5_000])
    },
    'lost marks'() {
      losesMarks = true
      laws.losingMarks()
    },
  }

  let isEnding = false

  function ending(cause: 'hangup' | 'dropped' | 'client'): void {
    isEnding = true
    laws.ending(cause)
  }

  /** A telephone sends a message before it closes the socket. */
  function hangUp(): void {
    ending('hangup')
    ending('dropped')
    phone.hangUp()
  }

  let hasStarted = false

  function checkSpeech(): void {
    const isUndisturbed = environment.isFaultless && network.traffic.length === 1 && droppedMs === 0
    if (!isUndisturbed) return
    // The audio before a turn may contain the end of the last word.
    for (const [index, word] of heard.entries())
      if (index > 0 && word < (heard[index - 1] ?? 0))
        report('the caller is heard in order and once', `word ${word} after ${heard[index - 1]}`)
  }

  /** The caller gets the audio of the model in order and once, and all of it when nothing interrupts. */
  function checkPlayback(): void {
    const events = network.traffic.flatMap(({ delivered }) => delivered)
    const formats = new Map<unknown, string | undefined>()
    for (const { type, response } of events) {
      const created = response as { id: string; audio?: { output?: { format?: { type?: string } } } } | undefined
      if (type === 'response.created') formats.set(created?.id, created?.audio?.output?.format?.type)
    }
    // A response that was requested before the format of the line was set is not played.
    const sent = events.flatMap(({ type, response_id: id, delta }) =>
      type === 'response.output_audio.delta' && formats.get(id) === 'audio/pcmu'
        ? [...decodeBase64(String(delta))].filter(isAudible)
        : [],
    )
    const played = [...phone.played()].filter(isAudible)
    const isWhole = interruptions === 0 && phone.clears === 0 && network.traffic.length === 1 && droppedMs === 0
    if (isWhole && environment.isFaultless) {
      const difference = played.findIndex((byte, index) => byte !== sent[index])
      if (difference >= 0) report('the caller gets the audio of the model unchanged', `differs at byte ${difference}`)
      const lostMs = (sent.length - played.length) / bytesPerMs - phone.waitingMs
      if (session.getState().status === 'open' && !phone.isOver && lostMs > 20)
        report('the caller gets all audio of the model', `${lostMs} ms are missing`)
    }
    if (faults.isLawless) return
    let position = 0
    for (const level of runsOf(played)) {
      position = sent.indexOf(level, position)
      if (position >= 0) continue
      report('the caller gets the audio of the model in order', `${level} comes too late`)
      break
    }
  }

  session.on('input_audio_buffer.speech_started', () => {
    if (phone.waitingMs < 40 || stops > 0) return
    const { clears } = phone
    time.after(100, () => {
      if (phone.clears === clears && phone.waitingMs > 0 && stops === 0 && !isEnding)
        report('a caller who speaks stops the audio', `${phone.waitingMs} ms are still played`)
    })
  })

  return {
    actions,
    faults: { ...faults.faults, ...socketFaults },
    connect() {
      if (hasStarted) return
      hasStarted = true
      phone.call()
    },
    check() {
      laws.check()
    },
    // The provider sends audio all the time, so the network is never idle.
    isQuiet: () => !['connecting', 'reconnecting', 'closing'].includes(session.getState().status),
    calm() {
      reactions.length = 0
      fill(0)
      silentUntil = Number.NEGATIVE_INFINITY
      gapUntil = Number.NEGATIVE_INFINITY
    },
    async checkCalm() {
      laws.checkCalm()
      const missing = Array.from({ length: words }, (_, word) => word).filter((word) => !heard.includes(word))
      const isWhole = environment.isFaultless && network.traffic.length === 1 && droppedMs === 0
      if (isWhole && missing.length > 0 && session.getState().status === 'open' && !phone.isOver)
        report('the caller is heard', `${missing} were not`)
      checkSpeech()
      checkPlayback()
      if (stops === 0 && received !== pressed)
        report('the keys of the caller are reported', `${received} instead of ${pressed}`)
      if (phone.rejected.length > 0) report('the provider gets valid commands', String(phone.rejected[0]))
    },
    close() {
      hangUp()
      if (onStop === 'keep') pledges.watch('close', session.close())
    },
    checkClosed() {
      const { status } = session.getState()
      if (status !== 'closed' && status !== 'idle') report('a call that has ended ends its session', status)
      if (stops !== 1) report('a bridge stops once', `${stops} times`)
      if (clock.pending > 0) report('no timer is left', `${clock.pending} timers`)
      if (near.listenerCount + far.listenerCount > 0)
        report('no listener is left', `${near.listenerCount} and ${far.listenerCount} on the socket`)
      if (end.listeners > 0) report('no listener is left', `${end.listeners} on the transport`)
      if (network.openLines > 0) report('no connection is left', `${network.openLines} are open`)
    },
  }
}
