import { type Clock, systemClock } from '../../internal/clock.js'
import type { ClientEvent } from '../../protocol/client-events.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { memoryPair } from '../../transports/memory-pair.js'
import type { Transport } from '../../transports/transport.js'
import { lineRate } from '../caller/line.js'
import { sessionLine } from '../caller/session-line.js'
import { createReplay, type ReplayOptions } from './replay.js'
import type { ReplayReport } from './report.js'

/** A transport that plays a recorded call. */
export interface ReplayingTransport extends Transport {
  /**
   * Sends the recorded input of the user through a session at its recorded time: audio, commits, user messages, and the responses that the app
   * requested to them. If the recorded session truncated interrupted audio, it also plays the audio of the session on the clock, so that this one
   * can do so. Returns a function that stops it.
   */
  drive(session: RealtimeSession): () => void
  /** Resolves when the whole recording has been played, or the session has closed. */
  readonly finished: Promise<void>
  /** Returns where the session departed from the recording so far. */
  report(): ReplayReport
}

/**
 * Returns a transport that plays the server's side of a recording of `recording()` into a session, and compares what the session sends with the
 * recording. Identifiers that the client generates may differ, and so may times and the size of audio chunks.
 *
 * @example
 * ```ts
 * const transport = replaying(await readFile('call.jsonl', 'utf8'), { clock })
 * const session = createAgent(transport, clock)
 * transport.drive(session)
 * await settleOn(clock, Promise.all([session.connect(), transport.finished]))
 * expect(transport.report().departures).toEqual([])
 * ```
 * @throws {TestingError} `INVALID_RECORDING`, or `INVALID_OPTION`.
 */
export function replaying(recording: string, options: ReplayOptions = {}): ReplayingTransport {
  const replay = createReplay(recording, options)
  const [client, server] = memoryPair()

  function serveNext(): void {
    let attachment: ReturnType<typeof replay.attach> | undefined
    const unsubscribe = [
      server.on('open', () => {
        attachment = replay.attach({
          send: (frame) => server.send(frame),
          close: (code, reason) => void server.close(code, reason),
        })
      }),
      server.on('message', (frame) => attachment?.receive(frame)),
      server.on('close', () => {
        for (const off of unsubscribe) off()
        attachment?.disconnect()
        queueMicrotask(serveNext)
      }),
    ]
    server.open().catch(() => {})
  }
  serveNext()

  return Object.assign(client, {
    drive(session: RealtimeSession) {
      const stopInput = replay.drive((event) => session.send(event as unknown as ClientEvent))
      const stopPlayback = replay.hasTruncations ? playAudio(session, client, options.clock) : () => {}
      return () => {
        stopInput()
        stopPlayback()
      }
    },
    finished: replay.finished,
    report: replay.report,
  })
}

/** Interval of the simulated player, in milliseconds. */
const playbackMs = 20

/** Plays the audio of a session on a clock while a transport is open. Returns a function that stops it. */
function playAudio(session: RealtimeSession, transport: Transport, clock: Clock = systemClock): () => void {
  const line = sessionLine(session)
  let cancel = () => {}

  function play(): void {
    line.receive((playbackMs * lineRate) / 1_000)
    cancel = clock.after(playbackMs, play)
  }

  const unsubscribe = [transport.on('open', play), transport.on('close', () => cancel())]
  if (transport.state === 'open') play()
  return () => {
    cancel()
    line.stop()
    for (const off of unsubscribe) off()
  }
}
