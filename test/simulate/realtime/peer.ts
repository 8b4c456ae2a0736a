import { createEmitter } from '../../../src/internal/emitter.js'
import type {
  DataChannel,
  MediaTrack,
  PeerConnection,
  PeerConnectionClass,
} from '../../../src/transports/web-rtc/peer-connection.js'
import type { Line } from '../network/line.js'
import type { VirtualClock } from '../virtual-clock.js'

/** Browsers whose order of events a simulated peer connection follows. */
export const browsers = ['chromium', 'safari', 'firefox'] as const
export type Browser = (typeof browsers)[number]

/** Simulated peer connections of one page, with what is left of them. */
export interface SimulatedPeers {
  readonly RTCPeerConnection: PeerConnectionClass
  /** The peer connection that was created last. */
  readonly latest: SimulatedPeer | undefined
  /**
   * Interrupts the path of the latest peer for `ms` milliseconds. Returns a function that tells whether the peer is still interrupted and open,
   * or `undefined` if its path could not be interrupted.
   */
  interrupt(ms: number): (() => boolean) | undefined
  readonly listeners: number
  readonly openPeers: number
  /** Creates a microphone track. */
  createTrack(): MediaTrack
  readonly liveTracks: number
}

/** The network's side of a peer connection. */
export interface SimulatedPeer {
  /** Assigns the connection that the peer connection uses, once its offer was answered. */
  assign(line: Line): void
  receive(frame: string): void
  /** The connection has ended: by the server, or because it was lost. */
  closed(isHangUp: boolean): void
}

type Events = Record<string, unknown>

/** An event target that counts its listeners. */
function createTarget() {
  const emitter = createEmitter<Events>()
  const offs = new Map<unknown, () => void>()
  return {
    fire: (type: string, event: unknown = {}) => emitter.emit(type, event),
    get count() {
      return offs.size
    },
    addEventListener(type: string, listener: (event: unknown) => void) {
      const key = listener
      offs.get(key)?.()
      offs.set(key, emitter.on(type, listener))
    },
    removeEventListener(_type: string, listener: (event: unknown) => void) {
      offs.get(listener)?.()
      offs.delete(listener)
    },
  }
}

export function createPeers(clock: VirtualClock, browser: Browser): SimulatedPeers {
  const targets: { readonly count: number }[] = []
  let latest: ReturnType<typeof createPeer> | undefined
  let openPeers = 0
  let liveTracks = 0

  function createPeer() {
    const target = createTarget()
    const events = createTarget()
    targets.push(target, events)
    const early: string[] = []
    let assigned: Line | undefined
    let connectionState = 'new'
    let readyState = 'connecting'
    let line: Line | undefined
    let isClosed = false
    let interruptions = 0
    openPeers += 1

    function become(state: string): void {
      if (isClosed || connectionState === state) return
      connectionState = state
      target.fire('connectionstatechange')
    }

    function openChannel(): void {
      if (isClosed || readyState !== 'connecting') return
      readyState = 'open'
      events.fire('open')
      for (const frame of early.splice(0)) events.fire('message', { data: frame })
    }

    function closeChannel(error?: object): void {
      if (readyState === 'closed') return
      readyState = 'closed'
      if (error) events.fire('error', { error })
      events.fire('close')
    }

    /** Runs steps one after another, with 20 ms of virtual time between them. */
    function inOrder(...steps: readonly (() => void)[]): void {
      for (const [index, step] of steps.entries()) clock.after(index * 20, step)
    }

    function hangUp(): void {
      // https://github.com/w3c/webrtc-pc/issues/3127
      const aborted = { sctpCauseCode: 12, message: 'User-Initiated Abort, reason=Close called' }
      if (browser === 'chromium')
        inOrder(
          () => closeChannel(aborted),
          () => become('disconnected'),
          () => become('failed'),
        )
      else if (browser === 'safari')
        inOrder(
          () => closeChannel(),
          () => become('failed'),
        )
      else
        inOrder(
          () => closeChannel(),
          () => become('disconnected'),
        )
    }

    function lose(): void {
      const failed = () => become('failed')
      if (browser === 'chromium')
        inOrder(
          () => become('disconnected'),
          failed,
          () => closeChannel(),
        )
      else if (browser === 'safari') inOrder(failed, () => closeChannel())
      else inOrder(() => closeChannel({ message: 'the association was lost' }), failed)
    }

    const channel: DataChannel = {
      get readyState() {
        return readyState
      },
      get bufferedAmount() {
        return line?.bufferedAmount ?? 0
      },
      bufferedAmountLowThreshold: 0,
      send(data) {
        if (readyState !== 'open') throw new Error('InvalidStateError')
        line?.send(data)
      },
      close() {
        if (readyState === 'closed' || readyState === 'closing') return
        readyState = 'closing'
        line?.close(1000, '')
        if (!line) closeChannel()
      },
      addEventListener: events.addEventListener,
      removeEventListener: events.removeEventListener,
    }

    const peer: PeerConnection = {
      get connectionState() {
        return connectionState
      },
      get localDescription() {
        return { sdp: 'v=0 simulated' }
      },
      createDataChannel: () => channel,
      addTransceiver: () => ({ sender: { replaceTrack: async () => {} } }),
      createOffer: async () => ({ type: 'offer', sdp: 'v=0 simulated' }),
      setLocalDescription: async () => {},
      async setRemoteDescription() {
        line = assigned
        assigned = undefined
        // Firefox may open the channel before it reports that the peers are connected.
        if (browser === 'firefox')
          inOrder(
            () => become('connecting'),
            openChannel,
            () => become('connected'),
          )
        else
          inOrder(
            () => become('connecting'),
            () => become('connected'),
            openChannel,
          )
      },
      addEventListener: target.addEventListener,
      removeEventListener: target.removeEventListener,
      close() {
        if (isClosed) return
        isClosed = true
        openPeers -= 1
        connectionState = 'closed'
        readyState = 'closed'
        // The answer may have arrived without being applied.
        const unused = line ?? assigned
        assigned = undefined
        unused?.drop()
      },
    }

    return {
      peer,
      assign(next: Line) {
        assigned = next
      },
      closed: (isHangUp: boolean) => (isHangUp ? hangUp() : lose()),
      receive(frame: string) {
        if (readyState === 'open') events.fire('message', { data: frame })
        else if (readyState === 'connecting') early.push(frame)
      },
      interrupt(ms: number) {
        if (connectionState !== 'connected' || readyState !== 'open') return undefined
        become('disconnected')
        interruptions += 1
        const interruption = interruptions
        clock.after(ms, () => {
          if (connectionState === 'disconnected') become('connected')
        })
        return () => interruption === interruptions && connectionState === 'disconnected' && readyState === 'open'
      },
    }
  }

  class SimulatedPeerConnection {
    constructor() {
      latest = createPeer()
      // biome-ignore lint/correctness/noConstructorReturn: the library needs a class, and nothing else of this one
      return latest.peer as never
    }
  }

  return {
    RTCPeerConnection: SimulatedPeerConnection as never,
    get latest() {
      return latest
    },
    interrupt: (ms) => latest?.interrupt(ms),
    get listeners() {
      return targets.reduce((sum, { count }) => sum + count, 0)
    },
    get openPeers() {
      return openPeers
    },
    createTrack() {
      let isLive = true
      liveTracks += 1
      return {
        kind: 'audio',
        enabled: true,
        stop() {
          if (isLive) liveTracks -= 1
          isLive = false
        },
      }
    },
    get liveTracks() {
      return liveTracks
    },
  }
}
