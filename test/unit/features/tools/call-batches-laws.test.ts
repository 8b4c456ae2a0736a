import * as fc from 'fast-check'
import { tool } from 'realtime-primitives'
import { expect, it } from 'vitest'
import type { Json } from '../../../support/peer.js'
import { runs } from '../../../support/runs.js'
import {
  callOf,
  cancelled,
  created,
  done,
  itemDone,
  messageOf,
  settle,
  speechStarted,
  speechStopped,
  startTools,
} from './harness.js'

// Whatever a server does, in whatever order tools end: these hold. A counterexample prints its seed.

/** How a tool answers: at once, when the test says so, by throwing, or never. */
const kinds = ['quick', 'slow', 'throws', 'never', 'huge', 'background', 'silent', 'picky', 'unknown'] as const
type Kind = (typeof kinds)[number]

interface PlannedCall {
  readonly kind: Kind
  readonly callId: string
  readonly isBroken: boolean
  /** Whether the stream tells of it before the end of the response does. */
  readonly isStreamed: boolean
}

interface PlannedResponse {
  readonly calls: readonly PlannedCall[]
  readonly speaks: boolean
  readonly isTwice: boolean
  readonly steps: readonly ('resolve' | 'acknowledge' | 'straggler' | 'turn' | 'time')[]
}

const names = ['__proto__', 'constructor', 'toString', 'c1', 'hasOwnProperty']
const plannedCall = fc.record({
  kind: fc.constantFrom(...kinds),
  callId: fc.oneof(fc.constantFrom(...names), fc.stringMatching(/^call_[a-z0-9]{1,6}$/)),
  isBroken: fc.boolean(),
  isStreamed: fc.boolean(),
})
const plannedResponse: fc.Arbitrary<PlannedResponse> = fc.record({
  calls: fc.uniqueArray(plannedCall, { selector: ({ callId }) => callId, maxLength: 4 }),
  speaks: fc.boolean(),
  isTwice: fc.boolean(),
  steps: fc.array(fc.constantFrom('resolve', 'acknowledge', 'straggler', 'turn', 'time' as const), { maxLength: 6 }),
})

async function start() {
  const waiting: (() => void)[] = []
  const later = () => new Promise<string>((resolve) => waiting.push(() => resolve('later')))
  const picky = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: () => {
        throw new Error('picky')
      },
    },
  }
  const peer = await startTools([
    tool({ name: 'quick', execute: () => 'ok' }),
    tool({ name: 'slow', execute: later }),
    tool({
      name: 'throws',
      execute: () => {
        throw new Error('no')
      },
    }),
    tool({ name: 'never', timeoutMs: 5_000, execute: () => new Promise(() => {}) }),
    tool({ name: 'huge', execute: () => 'x'.repeat(70_000) }),
    tool({ name: 'background', scheduling: 'background', execute: later }),
    tool({ name: 'silent', scheduling: 'silent', execute: later }),
    tool({ name: 'picky', parameters: picky, jsonSchema: { type: 'object' }, execute: () => 'ok' }),
  ])
  return { peer, waiting }
}

type Started = Awaited<ReturnType<typeof start>>

const itemOf = ({ kind, callId, isBroken }: PlannedCall) => callOf(kind, callId, isBroken ? '{"broken"' : {})

async function take({ peer, waiting }: Started, step: PlannedResponse['steps'][number], id: string): Promise<void> {
  if (step === 'resolve') waiting.pop()?.()
  else if (step === 'acknowledge') await peer.acknowledge()
  else if (step === 'turn') await peer.sendEvents(speechStarted, speechStopped)
  else if (step === 'time') await peer.clock.advance(400)
  else
    await peer.sendEvents({
      type: 'response.output_audio_transcript.delta',
      response_id: id,
      item_id: 'x',
      output_index: 0,
      content_index: 0,
      delta: 'la',
    })
  await settle()
}

/** Lets everything that can still happen happen, and the server answer every request. */
async function finish({ peer, waiting }: Started): Promise<void> {
  for (let turn = 0; turn < 40; turn++) {
    for (const resolve of waiting.splice(0)) resolve()
    await settle()
    await peer.acknowledge()
    await answerRequests(peer)
    await peer.clock.advance(1_000)
  }
}

const answered = new WeakMap<object, Set<Json>>()

/** The server answers each `response.create`, in order, one at a time. */
async function answerRequests(peer: Started['peer']): Promise<void> {
  const known = answered.get(peer) ?? new Set()
  answered.set(peer, known)
  for (const request of peer.sent('response.create')) {
    if (known.has(request)) continue
    known.add(request)
    const { metadata } = request.response as { metadata: object }
    const id = `answer_${known.size}`
    await peer.sendEvents(created(id, { metadata }), done(id, [messageOf(id)], 'completed', { metadata }))
  }
}

it('runTools: every call has one output, in order, and every batch one follow-up response', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(plannedResponse, { minLength: 1, maxLength: 3 }), async (plan) => {
      const started = await start()
      const { peer } = started
      const made: PlannedCall[] = []
      for (const [index, { calls, speaks, isTwice, steps }] of plan.entries()) {
        const id = `r${index}`
        const fresh = calls.filter(({ callId }) => !made.some((call) => call.callId === callId))
        made.push(...fresh)
        const output = [...(speaks ? [messageOf(`m${index}`)] : []), ...calls.map(itemOf)]
        await peer.sendEvents(created(id))
        for (const [at, call] of calls.entries())
          if (call.isStreamed) await peer.sendEvents(itemDone(id, at + (speaks ? 1 : 0), itemOf(call)))
        expect(peer.sent('response.create').length).toBe(answered.get(peer)?.size ?? 0)
        await peer.sendEvents(done(id, output))
        if (isTwice) await peer.sendEvents(done(id, output), ...calls.map((call, at) => itemDone(id, at, itemOf(call))))
        for (const step of steps) await take(started, step, id)
        await finish(started)
        const told = peer.outputs().map((line) => line.split(': ')[0])
        expect(told.toSorted()).toEqual(made.map(({ callId }) => callId).toSorted())
        const wasCutIn = steps.includes('turn')
        const mine = told.filter((callId) => fresh.some((call) => call.callId === callId))
        // What is silent is not waited for, and what the caller does not wait for is told as it comes.
        if (!wasCutIn && !(speaks && fresh.some(({ kind }) => kind === 'silent')))
          expect(mine).toEqual(fresh.map(({ callId }) => callId))
      }
      peer.run.stop()
      const before = peer.sentEvents.length
      await peer.sendEvents(created('late'), done('late', [callOf('quick', 'late')]))
      await peer.clock.advance(60_000)
      expect(peer.sentEvents.length).toBe(before)
      expect(peer.clock.pending).toBe(0)
      await peer.session.close()
    }),
    { numRuns: runs({ usual: 30, certify: 1_000 }) },
  )
})

it('runTools: a batch without background tools is followed by one request after its last output', async () => {
  const foreground = kinds.filter((kind) => kind !== 'background' && kind !== 'silent')
  const call = fc.record({ kind: fc.constantFrom(...foreground), isBroken: fc.boolean(), isStreamed: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 5 }), async (given) => {
      const started = await start()
      const { peer } = started
      const calls = given.map((each, index) => ({ ...each, callId: `c${index}` }))
      await peer.sendEvents(created('r1'))
      for (const [index, each] of calls.entries())
        if (each.isStreamed) await peer.sendEvents(itemDone('r1', index, itemOf(each)))
      await peer.sendEvents(done('r1', calls.map(itemOf)))
      await finish(started)
      const types = peer.sentEvents.map(({ type }) => type).filter((type) => type !== 'session.update')
      expect(types).toEqual([...calls.map(() => 'conversation.item.create'), 'response.create'])
      await peer.session.close()
      expect(peer.clock.pending).toBe(0)
    }),
    { numRuns: runs({ usual: 30, certify: 1_000 }) },
  )
})

it('runTools: nothing is sent after stop, at any time', async () => {
  await fc.assert(
    fc.asyncProperty(plannedResponse, fc.nat({ max: 12 }), fc.constantFrom('stop', 'close'), async (plan, at, how) => {
      const started = await start()
      const { peer } = started
      const output = plan.calls.map(itemOf)
      const actions: (() => Promise<void>)[] = [
        () => peer.sendEvents(created('r1')),
        ...output.map((item, index) => () => peer.sendEvents(itemDone('r1', index, item))),
        () => peer.sendEvents(done('r1', output, 'cancelled', plan.isTwice ? cancelled('turn_detected') : {})),
        ...plan.steps.map((step) => () => take(started, step, 'r1')),
        () => finish(started),
      ]
      let before: number | undefined
      for (const [index, act] of actions.entries()) {
        if (index === Math.min(at, actions.length - 1)) {
          if (how === 'stop') peer.run.stop()
          else await peer.session.close()
          before = peer.sentEvents.length
        }
        if (how === 'close' && before !== undefined) break
        await act()
      }
      await peer.clock.advance(60_000)
      const since = peer.sentEvents.slice(before).filter(({ type }) => type !== 'session.update')
      // A request that was made, or taken back, before is the session's to deal with.
      expect(since.filter(({ type }) => !type.startsWith('response.'))).toEqual([])
      expect(peer.clock.pending).toBe(0)
    }),
    { numRuns: runs({ usual: 30, certify: 1_000 }) },
  )
})
