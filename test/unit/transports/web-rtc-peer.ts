import type { DataChannel, MediaTrack, PeerConnection } from 'realtime-primitives/webrtc'

type Listener = (event: unknown) => void

/** Listeners that can be counted. */
export class Emitting {
  readonly listeners: { type: string; listener: Listener }[] = []
  addEventListener(type: string, listener: Listener): void {
    this.listeners.push({ type, listener })
  }
  removeEventListener(type: string, listener: Listener): void {
    const at = this.listeners.findIndex((known) => known.type === type && known.listener === listener)
    if (at >= 0) this.listeners.splice(at, 1)
  }
  fire(type: string, event: unknown = {}): void {
    for (const known of [...this.listeners]) if (known.type === type) known.listener(event)
  }
}

export class FakeChannel extends Emitting implements DataChannel {
  readyState = 'connecting'
  bufferedAmount = 0
  bufferedAmountLowThreshold = 0
  readonly sent: string[] = []
  closes = 0
  refuses = false
  readonly label: string
  constructor(label: string) {
    super()
    this.label = label
  }
  send(data: string): void {
    if (this.refuses) throw new Error('OperationError')
    this.sent.push(data)
  }
  close(): void {
    this.closes++
    if (this.readyState === 'closed') return
    this.readyState = 'closed'
    queueMicrotask(() => this.fire('close'))
  }
  open(): void {
    this.readyState = 'open'
    this.fire('open')
  }
}

export class FakeTrack implements MediaTrack {
  enabled = true
  stops = 0
  readonly kind: string
  constructor(kind = 'audio') {
    this.kind = kind
  }
  stop(): void {
    this.stops++
  }
}

/** A peer connection in the test's hands. Its local description differs from its offer, as a real one's does. */
export class FakePeer extends Emitting implements PeerConnection {
  connectionState = 'new'
  localDescription: { sdp: string } | null = null
  sctp: { maxMessageSize?: number } | null = null
  readonly channels: FakeChannel[] = []
  readonly added: { track: MediaTrack | string; direction: string | undefined }[] = []
  readonly replaced: (MediaTrack | null)[] = []
  answer: unknown
  closes = 0
  failing: 'createOffer' | 'setRemoteDescription' | 'createDataChannel' | 'addTransceiver' | undefined
  /** What `replaceTrack` of the sender waits for; a rejected promise makes it fail. */
  replacing: () => Promise<void> = async () => {}
  readonly configuration: object | undefined
  constructor(configuration?: object) {
    super()
    this.configuration = configuration
  }
  createDataChannel(label: string): FakeChannel {
    if (this.failing === 'createDataChannel') throw new Error('no channel')
    const channel = new FakeChannel(label)
    this.channels.push(channel)
    return channel
  }
  addTransceiver(track: MediaTrack | string, init?: { direction?: 'sendrecv' | 'recvonly' }) {
    if (this.failing === 'addTransceiver') throw new Error('no transceiver')
    this.added.push({ track, direction: init?.direction })
    return {
      sender: {
        replaceTrack: async (next: MediaTrack | null) => {
          this.replaced.push(next)
          await this.replacing()
        },
      },
    }
  }
  async createOffer(): Promise<unknown> {
    if (this.failing === 'createOffer') throw new Error('no offer')
    return { type: 'offer', sdp: 'v=0 offer' }
  }
  async setLocalDescription(): Promise<void> {
    this.localDescription = { sdp: 'v=0 local' }
  }
  async setRemoteDescription(answer: unknown): Promise<void> {
    if (this.failing === 'setRemoteDescription') throw new Error('no answer')
    this.answer = answer
  }
  close(): void {
    this.closes++
    this.connectionState = 'closed'
  }
  become(state: string): void {
    this.connectionState = state
    this.fire('connectionstatechange')
  }
  get channel(): FakeChannel {
    const [channel] = this.channels
    if (!channel) throw new Error('there is no channel yet')
    return channel
  }
}

/** A class that makes fake peers, and all that it made. */
export function peerClass(): { readonly Peer: new (configuration?: never) => FakePeer; readonly made: FakePeer[] } {
  const made: FakePeer[] = []
  class Peer extends FakePeer {
    constructor(configuration?: never) {
      super(configuration)
      made.push(this)
    }
  }
  return { Peer, made }
}

/** What is ready to happen has happened. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
