import type { Transport, TransportClose, TransportReconnecting } from 'realtime-primitives'

/** The events of a transport, in order. */
export type TransportLog = (
  | { type: 'open' }
  | { type: 'message'; frame: string }
  | { type: 'reconnecting'; event: TransportReconnecting }
  | { type: 'close'; close: TransportClose }
)[]

export function logTransport(transport: Transport): TransportLog {
  const log: TransportLog = []
  transport.on('open', () => log.push({ type: 'open' }))
  transport.on('message', (frame) => log.push({ type: 'message', frame }))
  transport.on('reconnecting', (event) => log.push({ type: 'reconnecting', event }))
  transport.on('close', (close) => log.push({ type: 'close', close }))
  return log
}

/** Returns the types of the events. */
export function typesOf(log: TransportLog): string[] {
  return log.map(({ type }) => type)
}
