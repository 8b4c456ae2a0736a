import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export interface UdpRelayOptions {
  /** The delay of a packet in each direction, in milliseconds. */
  readonly delayMs?: number
}

/** A UDP relay on loopback between clients and a server. */
export interface UdpRelay {
  /** Returns an SDP answer whose only candidate is the relay. */
  lead(answer: string): string
  /**
   * Drops a share of the packets, evenly for each direction and for media and data. So a data packet that is sent again soon after it was
   * dropped arrives: two losses in a row would make the retransmission timer of SCTP wait for many seconds. 1 drops all packets.
   */
  lose(share: number): void
  /** Packets received from clients, and those of them that were dropped. */
  readonly counts: { readonly arrived: number; readonly lost: number }
  close(): Promise<void>
}

export async function udpRelay({ delayMs = 0 }: UdpRelayOptions = {}): Promise<UdpRelay> {
  const near = createSocket('udp4')
  /** The socket to the server for each client address. */
  const serverSockets = new Map<string, Socket>()
  const counts = { arrived: 0, lost: 0 }
  const timers = new Set<NodeJS.Timeout>()
  let serverPort: number | undefined
  let loss = 0
  /** The losses that are due, as a fraction of a packet, by direction and kind. */
  const due = new Map<string, number>()

  function isLost(direction: 'up' | 'down', packet: Buffer): boolean {
    const flow = `${direction} ${isMedia(packet) ? 'media' : 'data'}`
    const sum = (due.get(flow) ?? 0) + loss
    due.set(flow, sum % 1)
    return sum >= 1
  }

  function later(send: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      send()
    }, delayMs)
    timers.add(timer)
  }

  function serverSocketFor(host: string, port: number): Socket {
    const known = serverSockets.get(`${host}:${port}`)
    if (known) return known
    const far = createSocket('udp4')
    serverSockets.set(`${host}:${port}`, far)
    far.on('message', (packet) => {
      if (!isLost('down', packet)) later(() => near.send(packet, port, host))
    })
    return far
  }

  near.on('message', (packet, { address, port }) => {
    counts.arrived++
    const to = serverPort
    if (isLost('up', packet) || to === undefined) counts.lost++
    else later(() => serverSocketFor(address, port).send(packet, to, '127.0.0.1'))
  })
  near.bind(0, '127.0.0.1')
  await once(near, 'listening')

  return {
    counts,
    lead(answer) {
      const own = `$<before> 127.0.0.1 ${(near.address() as AddressInfo).port} typ host`
      const candidate = /^(?<before>a=candidate:\S+ 1 udp \d+) 127\.0\.0\.1 (?<port>\d+) typ host.*$/im
      const found = candidate.exec(answer)
      if (!found) throw new Error('the SDP answer has no loopback candidate')
      serverPort = Number(found.groups?.port)
      const line = found[0].replace(candidate, own)
      return answer
        .split('\r\n')
        .flatMap((other) => (other === found[0] ? [line] : other.startsWith('a=candidate:') ? [] : [other]))
        .join('\r\n')
    },
    lose(share) {
      loss = share
    },
    async close() {
      for (const timer of timers) clearTimeout(timer)
      for (const socket of [near, ...serverSockets.values()])
        await new Promise<void>((resolve) => socket.close(() => resolve()))
    },
  }
}

/** Whether a packet is RTP or RTCP (RFC 7983). */
const isMedia = ([first = 0]: Buffer) => first >= 128 && first < 192
