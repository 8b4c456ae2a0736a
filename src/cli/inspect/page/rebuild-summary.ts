import { isJson, type Json } from '../../../migrate/json.js'
import { type CallSummary, collectSummary } from '../../../recording/call-summary.js'
import { createSession } from '../../../session/realtime.js'
import { createManualClock } from '../../../testing/clock.js'
import { createFrameRestorer } from '../../../testing/replay/restore-frame.js'
import { memoryPair } from '../../../transports/memory-pair.js'
import type { Entry } from '../entries.js'

/**
 * Returns the summary that `recordCall` has written, or computes it from the events of the server: they are passed to a session at their
 * recorded times.
 */
export async function summaryOf(entries: readonly Entry[]): Promise<CallSummary> {
  const written = entries.findLast(({ direction, type }) => direction === 'local' && type === 'call')
  return written && isSummary(written.event) ? (written.event as unknown as CallSummary) : rebuildSummary(entries)
}

async function rebuildSummary(entries: readonly Entry[]): Promise<CallSummary> {
  const clock = createManualClock()
  const [near, far] = memoryPair()
  const session = createSession({ transport: near, clock })
  // The session of a recording may need events that the recording lacks. Nothing of it concerns the user.
  const ignore = () => {}
  far.open().catch(ignore)
  const collector = collectSummary(session, { isEarlier: () => false })
  const { restore } = createFrameRestorer()
  const connecting = session.connect().catch(ignore)
  await clock.advance(0)
  const received = entries.filter(({ direction, type }) => direction === 'received' && type !== undefined)
  if (received[0]?.type !== 'session.created')
    far.send(JSON.stringify({ type: 'session.created', event_id: 'event_0', session: { type: 'realtime' } }))
  for (const { ms, event } of entries.filter(({ direction }) => direction === 'received')) {
    if (ms !== undefined && ms > clock.now()) await clock.advance(ms - clock.now())
    far.send(JSON.stringify(restore(event as Parameters<typeof restore>[0], 'received')))
    await clock.advance(0)
  }
  const lastMs = entries.at(-1)?.ms ?? 0
  if (lastMs > clock.now()) await clock.advance(lastMs - clock.now())
  await connecting
  collector.stop()
  const summary = collector.summary([])
  await Promise.all([session.close().catch(ignore), clock.advance(60_000)])
  const startedAt = entries.find(({ type }) => type === 'recording')?.event.startedAt
  return { ...summary, startedAt: typeof startedAt === 'string' ? startedAt : '' }
}

/** Whether the fields that the page reads have their types. A line of a recording can be edited, or come from elsewhere. */
function isSummary(event: Json): boolean {
  const { transcript, toolCalls, silences, interruptions, silenced, usage } = event
  const isTime = (value: unknown) => value === undefined || typeof value === 'number'
  return (
    typeof event.durationMs === 'number' &&
    everyOf(
      transcript,
      ({ text, played, startMs, endMs }) => isText(text, played) && isTime(startMs) && isTime(endMs),
    ) &&
    everyOf(toolCalls, (call) => isText(call.name, call.arguments, call.output) && typeof call.startMs === 'number') &&
    everyOf(silences, ({ startMs, endMs, parts }) => isInterval(startMs, endMs) && isJson(parts)) &&
    everyOf(interruptions, ({ atMs }) => typeof atMs === 'number') &&
    everyOf(silenced, ({ startMs, endMs }) => isInterval(startMs, endMs)) &&
    isJson(usage) &&
    (usage.cost === undefined || (isJson(usage.cost) && typeof usage.cost.amount === 'number'))
  )
}

function everyOf(list: unknown, isValid: (entry: Json) => boolean): boolean {
  return Array.isArray(list) && list.every((entry) => isJson(entry) && isValid(entry))
}

/** The first text is required. */
function isText(...[first, ...more]: readonly unknown[]): boolean {
  return typeof first === 'string' && more.every((text) => text === undefined || typeof text === 'string')
}

function isInterval(startMs: unknown, endMs: unknown): boolean {
  return typeof startMs === 'number' && typeof endMs === 'number'
}
