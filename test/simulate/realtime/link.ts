import type { Clock } from '../../../src/internal/clock.js'
import { createDeferred } from '../../../src/internal/deferred.js'
import type { Emulator } from '../../../src/testing/emulator/emulator.js'
import type { CallAudio } from '../../../src/testing/emulator/session.js'
import { memoryPair } from '../../../src/transports/memory-pair.js'
import type { Transport } from '../../../src/transports/transport.js'
import { webRTC } from '../../../src/transports/web-rtc/web-rtc.js'
import type { Environment, Perform } from '../world.js'
import { browsers, createPeers } from './peer.js'

/** What is left of the transport of a client. */
export interface TransportEnd {
  readonly transport: Transport
  readonly listeners: number
}

/** How the clients of a simulated realtime session reach the emulator. */
export interface Link {
  createEnd(clock: Clock): TransportEnd
  /** Sends audio of the user beside the events. `undefined` when audio is sent in events. */
  readonly speak: ((pcm: Int16Array) => void) | undefined
  readonly faults: Readonly<Record<string, Perform>>
  /** Whether the server keeps the session when a connection is lost. */
  readonly isJoined: boolean
  /** Whether each attempt of the transport opens one connection of the network. */
  readonly hasAttempts: boolean
  /** Ends everything that is not the client's. */
  close(): void
  /** Reports what is left. */
  checkClosed(): void
}

export type CreateLink = (environment: Environment, emulator: Emulator) => Link

const model = 'gpt-realtime-2.1'
/** How long the WebRTC transport waits for an interrupted path by default. */
const disconnectTimeoutMs = 10_000
/** How much audio is played at a time. Real media arrive every 20 ms, which would only take more time to simulate. */
const playMs = 100

/** Plays the audio of a call until it has ended. Returns a function that stops it. */
function playCall(clock: Clock, audio: CallAudio): () => void {
  let cancel = () => {}
  const play = () => {
    audio.read((playMs * 24_000) / 1_000)
    cancel = clock.after(playMs, play)
  }
  play()
  return () => cancel()
}

/** A WebSocket. */
export const socketLink: CreateLink = ({ network }, emulator) => ({
  createEnd: () => network.createTransport({ accept: (server) => emulator.attach(server, { model }) }),
  speak: undefined,
  faults: {},
  isJoined: false,
  hasAttempts: true,
  close() {},
  checkClosed() {},
})

/** A second connection to the call of another client. */
export const sidebandLink: CreateLink = ({ network, clock, report }, emulator) => {
  const call = emulator.answerCall({ session: { type: 'realtime', model } })
  if (!('callId' in call)) throw new Error('the emulator refused the call of the simulation')
  const [caller, server] = memoryPair({ audio: 'media' })
  let audio: CallAudio | undefined
  let stopPlaying = () => {}
  void call.attach(server, (ends) => {
    audio = ends
    stopPlaying = playCall(clock, ends)
  })
  void caller.open()

  function hangUp(): void {
    stopPlaying()
    void caller.close()
  }

  return {
    createEnd: () =>
      network.createTransport({
        audio: 'media',
        session: 'joined',
        accept: (joined) => emulator.attach(joined, { callId: call.callId }),
      }),
    speak: (pcm) => audio?.write(pcm),
    faults: { 'the caller hangs up': hangUp },
    isJoined: true,
    hasAttempts: true,
    close: hangUp,
    checkClosed() {
      if (caller.state === 'open') report('no connection is left', 'that of the caller')
    },
  }
}

/** A peer connection of a page. */
export const webRtcLink: CreateLink = ({ network, clock, random, report }, emulator) => {
  const peers = createPeers(clock, random.pick(browsers))
  const hasMicrophone = random.chance(0.6)
  let audio: CallAudio | undefined
  let stopPlaying = () => {}
  let isDenied = false

  async function answer(_offer: string, { signal }: { readonly signal: AbortSignal }): Promise<string> {
    const { latest: peer } = peers
    if (!peer) throw new Error('there is no peer connection that could have made the offer')
    await new Promise<void>((resolve) => clock.after(30, resolve))
    if (signal.aborted) throw signal.reason
    const call = emulator.answerCall({ session: { type: 'realtime', model } })
    if (!('callId' in call)) throw new Error('the emulator refused the call of the simulation')
    // A connection may end after the next one has started.
    let stopOwn = () => {}
    const end = {
      receive: peer.receive,
      closed: ({ wasClean }: { wasClean: boolean }) => {
        stopOwn()
        peer.closed(wasClean)
      },
    }
    const dialed = network.dial(end, 'media', (server) =>
      call.attach(server, (ends) => {
        audio = ends
        stopPlaying()
        stopOwn = playCall(clock, ends)
        stopPlaying = stopOwn
      }),
    )
    if (dialed.kind !== 'connected') call.end()
    if (dialed.kind === 'refused') throw dialed.error
    // `connectTimeoutMs` of the transport ends the wait.
    if (dialed.kind === 'silent') return createDeferred<string>().promise
    peer.assign(dialed.line)
    return 'v=0 answer'
  }

  async function openMicrophone() {
    if (!isDenied) return peers.createTrack()
    isDenied = false
    throw Object.assign(new Error('The page may not use the microphone.'), { name: 'NotAllowedError' })
  }

  return {
    createEnd: (own) => ({
      transport: webRTC({
        exchangeSdp: answer,
        RTCPeerConnection: peers.RTCPeerConnection,
        clock: own,
        ...(hasMicrophone ? { microphone: openMicrophone as never } : {}),
      }),
      get listeners() {
        return peers.listeners
      },
    }),
    speak: (pcm) => audio?.write(pcm),
    faults: {
      'interrupted path'(random) {
        const isInterrupted = peers.interrupt(random.integer(100, 20_000))
        const { frozenMs } = clock
        clock.after(disconnectTimeoutMs + 100, () => {
          if (isInterrupted?.() && clock.frozenMs === frozenMs)
            report('an interrupted path is given up', `after ${disconnectTimeoutMs} ms`)
        })
      },
      'denied microphone'() {
        isDenied = hasMicrophone
        network.line?.drop()
      },
    },
    isJoined: false,
    hasAttempts: false,
    close: () => stopPlaying(),
    checkClosed() {
      stopPlaying()
      if (peers.openPeers > 0) report('no peer connection is left', `${peers.openPeers} are open`)
      if (peers.liveTracks > 0) report('no live track is left', `${peers.liveTracks} are live`)
    },
  }
}
