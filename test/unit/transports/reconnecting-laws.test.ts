import fc from 'fast-check'
import { type Clock, reconnecting } from 'realtime-primitives'
import { afterEach, expect, it, vi } from 'vitest'
import { createManualClock } from '../../../src/testing/clock.js'
import { TransportError } from '../../../src/transports/error.js'
import { fakeTransport } from '../../support/fake-transport.js'
import { runs } from '../../support/runs.js'
import { logTransport } from '../../support/transport-log.js'

const maxHandshakeMs = 10_000
const maxRetryAfterMs = 20_000
const maxLifeMs = 30_000

const refusals = {
  network: () => new TransportError('CONNECT_FAILED', { url: 'wss://h/', reason: 'ECONNRESET' }),
  'HTTP 503': () => new TransportError('CONNECT_FAILED', { url: 'wss://h/', status: 503, reason: 'busy' }),
  'HTTP 429': () =>
    new TransportError('CONNECT_FAILED', {
      url: 'wss://h/',
      status: 429,
      reason: 'busy',
      retryAfterMs: maxRetryAfterMs,
    }),
  'HTTP 401': () => new TransportError('CONNECT_FAILED', { url: 'wss://h/', status: 401, reason: 'key' }),
  timeout: () => new TransportError('CONNECT_TIMEOUT', { url: 'wss://h/', timeoutMs: maxHandshakeMs }),
  'key function': () => new Error('the vault is shut'),
  'no error': () => undefined,
} as const

/** What happens to one attempt: refused after a while, or accepted, alive for a while, then dropped. */
const fault = fc.oneof(
  fc.record({
    afterMs: fc.integer({ min: 0, max: maxHandshakeMs }),
    refusal: fc.constantFrom(...(Object.keys(refusals) as (keyof typeof refusals)[])),
  }),
  fc.record({
    afterMs: fc.integer({ min: 0, max: maxHandshakeMs }),
    lifeMs: fc.integer({ min: 0, max: maxLifeMs }),
    frame: fc.constantFrom('x', '{"type":"error","error":{"code":"insufficient_quota"}}'),
    code: fc.constantFrom(1000, 1001, 1005, 1006, 1006, 1006, 1008, 1011, 1011, 1012, 1013, 3000, 4000),
  }),
)

const script = fc.record({
  faults: fc.array(fault, { maxLength: 12 }),
  maxAttempts: fc.integer({ min: 1, max: 5 }),
  maxDelayMs: fc.integer({ min: 0, max: 5_000 }),
  stableMs: fc.integer({ min: 0, max: 20_000 }),
  jitter: fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { minLength: 1, maxLength: 5 }),
  closeAtMs: fc.option(fc.integer({ min: 0, max: 60_000 })),
  noiseAtMs: fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 5 }),
  throwing: fc.boolean(),
})

/** The clock, with a count of what one user of it has pending. */
function counted(clock: Clock) {
  let pending = 0
  return {
    get pending() {
      return pending
    },
    now: clock.now,
    after(delayMs: number, callback: () => void) {
      pending += 1
      let isOver = false
      const over = () => {
        if (!isOver) pending -= 1
        isOver = true
      }
      const cancel = clock.after(delayMs, () => {
        over()
        callback()
      })
      return () => {
        over()
        cancel()
      }
    },
  }
}

afterEach(() => {
  vi.unstubAllGlobals()
})

it('reconnecting: keeps its laws under random fault scripts', { timeout: 120_000 }, async () => {
  const reported: unknown[] = []
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
  await fc.assert(
    fc.asyncProperty(script, async (plan) => {
      const clock = createManualClock()
      const own = counted(clock)
      let draws = 0
      const inner = fakeTransport((attempt) => {
        const next = plan.faults[attempt - 1]
        const isCurrent = (state: string) => inner.opens === attempt && inner.state === state
        clock.after(next?.afterMs ?? 0, () => {
          if (!isCurrent('opening')) return
          if (!next) inner.accept()
          else if ('refusal' in next) inner.refuse(refusals[next.refusal]())
          else {
            clock.after(next.lifeMs, () => {
              if (!isCurrent('open')) return
              inner.sendFrame(next.frame)
              if (isCurrent('open')) inner.drop(next.code)
            })
            inner.accept()
          }
        })
      })
      const transport = reconnecting(inner, {
        clock: own,
        random: () => plan.jitter[draws++ % plan.jitter.length] ?? 0,
        minDelayMs: Math.min(500, plan.maxDelayMs),
        maxDelayMs: plan.maxDelayMs,
        maxAttempts: plan.maxAttempts,
        stableMs: plan.stableMs,
      })
      const log = logTransport(transport)
      const accepted: string[] = []
      const send = (frame: string) => {
        try {
          transport.send(frame)
          accepted.push(frame)
        } catch (error) {
          expect(error).toMatchObject({ code: 'NOT_OPEN' })
        }
      }
      transport.on('open', () => send(`after open ${log.length}`))
      transport.on('reconnecting', () => send(`while reconnecting ${log.length}`))
      if (plan.throwing)
        for (const type of ['open', 'message', 'reconnecting', 'close'] as const)
          transport.on(type, () => {
            throw new Error(type)
          })
      for (const atMs of plan.noiseAtMs)
        clock.after(atMs, () => {
          if (inner.state === 'open') return
          inner.sendFrame('stale')
          inner.sayClose({ code: 1000, reason: 'stale', wasClean: true })
        })
      if (plan.closeAtMs !== null) clock.after(plan.closeAtMs, () => void transport.close(3001, 'enough'))

      let outcome: 'waiting' | 'open' | 'refused' = 'waiting'
      transport.open().then(
        () => (outcome = 'open'),
        () => (outcome = 'refused'),
      )
      const worstMs = maxHandshakeMs + maxLifeMs + Math.max(plan.maxDelayMs, maxRetryAfterMs)
      await clock.advance((plan.faults.length + 1) * worstMs + 60_000)

      // Nothing hangs: by then there is a connection or an end.
      expect(outcome).not.toBe('waiting')
      expect(['open', 'closed']).toContain(transport.state)
      expect(own.pending).toBe(0)
      if (transport.state === 'open') await transport.close(3001, 'enough')

      // Whatever happened, it reads as: attempts, a connection, more attempts, a connection ... and one end if there was one.
      const words = log.map(({ type }) => type[0]).join('')
      expect(words).toMatch(/^r*(om*(r+om*)*r*c)?$/)
      expect(log.filter(({ type }) => type === 'close')).toHaveLength(words.includes('o') ? 1 : 0)
      expect(outcome).toBe(words.includes('o') ? 'open' : 'refused')
      expect(log).not.toContainEqual({ type: 'message', frame: 'stale' })
      expect([transport.state, own.pending, inner.listeners]).toEqual(['closed', 0, 0])

      // Each drop is announced once with its close, and no attempt is beyond the budget or later than the policy allows.
      for (const [index, entry] of log.entries()) {
        if (entry.type !== 'reconnecting') continue
        const { attempt, delayMs, cause } = entry.event
        const isDrop = index > 0 && log[index - 1]?.type !== 'reconnecting'
        expect(cause instanceof Error).toBe(!isDrop)
        expect(attempt).toBeLessThanOrEqual(plan.maxAttempts)
        const asked = cause instanceof TransportError && 'retryAfterMs' in cause.data ? maxRetryAfterMs : 0
        expect(delayMs).toBeGreaterThanOrEqual(asked)
        expect(delayMs).toBeLessThanOrEqual(Math.max(plan.maxDelayMs, asked))
      }

      // What was accepted was sent once, and what was refused never.
      expect(inner.sent).toEqual(accepted)
      expect(new Set(accepted).size).toBe(accepted.length)
      expect(accepted.every((frame) => frame.startsWith('after open'))).toBe(true)
      expect(accepted).toHaveLength([...words].filter((word) => word === 'o').length)

      const opensBefore = inner.opens
      const heardBefore = log.length
      await clock.advance(200_000)
      expect([inner.opens, log.length]).toEqual([opensBefore, heardBefore])
    }),
    { numRuns: runs({ usual: 300, certify: 10_000 }) },
  )
  expect(
    reported.every(
      (error) => error instanceof Error && ['open', 'message', 'reconnecting', 'close'].includes(error.message),
    ),
  ).toBe(true)
})
