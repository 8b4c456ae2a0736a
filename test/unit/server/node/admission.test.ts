import { describe, expect, it } from 'vitest'
import { isHttpError } from '../../../../src/server/error.js'
import { type AdmissionOptions, createAdmissionFrom } from '../../../../src/server/node/admission.js'
import { createAdmission } from '../../../../src/server/node/index.js'
import { createManualClock } from '../../../../src/testing/clock.js'

function setUp(options: AdmissionOptions = {}, limitBytes = 0) {
  const clock = createManualClock()
  const measured = { delayMs: 0, bytes: 100, turns: 0, stops: 0 }
  const admission = createAdmissionFrom({ clock, ...options }, () => ({
    eventLoop: {
      p99Ms: () => measured.delayMs,
      turn() {
        measured.turns += 1
      },
      stop() {
        measured.stops += 1
      },
    },
    memoryBytes: () => measured.bytes,
    memoryLimitBytes: () => limitBytes,
  }))
  return { clock, measured, admission }
}

describe('admission', () => {
  it('refuses calls while the event loop is late, and admits them again below a share of the limit', () => {
    const { admission, measured } = setUp({ maxEventLoopDelayMs: 20, resumeBelow: 0.5 })
    expect(admission.admit().admitted).toBe(true)
    measured.delayMs = 21
    expect(admission.admit()).toMatchObject({ admitted: false, reason: 'event-loop-delay' })
    measured.delayMs = 15
    expect(admission.check()?.reason).toBe('event-loop-delay')
    measured.delayMs = 10
    expect(admission.check()).toBeUndefined()
    measured.delayMs = 15
    expect(admission.check()).toBeUndefined()
  })

  it('refuses calls while memory is above its limit', () => {
    const { admission, measured } = setUp({ maxMemoryBytes: 1_000 })
    measured.bytes = 1_001
    expect(admission.check()?.reason).toBe('memory')
    measured.bytes = 801
    expect(admission.check()?.reason).toBe('memory')
    measured.bytes = 800
    expect(admission.check()).toBeUndefined()
  })

  it('takes 85 % of the memory of the container by default, and no limit from a container without one', () => {
    const limited = setUp({}, 1_000)
    limited.measured.bytes = 851
    expect(limited.admission.check()?.reason).toBe('memory')
    for (const limitBytes of [0, 2 ** 63]) {
      const unlimited = setUp({}, limitBytes)
      unlimited.measured.bytes = 2 ** 49
      expect(unlimited.admission.check()).toBeUndefined()
    }
  })

  it('counts calls from admit to end, and an end only once', () => {
    const { admission } = setUp({ maxCalls: 2 })
    const [first, second] = [admission.admit(), admission.admit()]
    expect(admission.getState()).toMatchObject({ status: 'calls', calls: 2 })
    expect(admission.admit()).toMatchObject({ admitted: false, reason: 'calls' })
    if (!first.admitted || !second.admitted) throw new Error('not admitted')
    first.end()
    first.end()
    expect(admission.getState()).toMatchObject({ status: 'admitting', calls: 1, refused: 1 })
    expect(admission.admit().admitted).toBe(true)
  })

  it('refuses a burst, and admits calls again after a second', async () => {
    const { admission, clock } = setUp({ maxCallsPerSecond: 3 })
    const burst = Array.from({ length: 5 }, () => admission.admit())
    expect(burst.map((call) => (call.admitted ? 'admitted' : call.reason))).toEqual([
      ...['admitted', 'admitted', 'admitted'],
      ...['rate', 'rate'],
    ])
    await clock.advance(1_000)
    expect(admission.admit().admitted).toBe(true)
  })

  it('replies busy in TwiML, SIP, and HTTP', async () => {
    const { admission } = setUp({ maxCalls: 0, retryAfterMs: 2_500 })
    const refusal = admission.check()
    expect(refusal?.twiml).toContain('<Response><Reject reason="busy"/></Response>')
    expect(refusal?.sip).toEqual({ status_code: 503 })
    const response = new Response(refusal?.http.body, refusal?.http)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '3'])
    expect(refusal?.upgradeResponse).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n(?:.+\r\n)*retry-after: 3\r\n/)
    expect(refusal?.upgradeResponse.split('\r\n\r\n')[1]).toBe(refusal?.http.body)
  })

  it('says the message for refused callers, with escaped characters', () => {
    const { admission } = setUp({ maxCalls: 0, busyMessage: 'We <3 you & call back.' })
    expect(admission.check()?.twiml).toContain('<Say>We &lt;3 you &amp; call back.</Say><Hangup/>')
  })

  it('notifies subscribers of changes, also when the window moves', async () => {
    const { admission, clock, measured } = setUp({ windowMs: 4_000 })
    const seen: string[] = []
    const unsubscribe = admission.subscribe(() => seen.push(admission.getState().status))
    measured.delayMs = 500
    await clock.advance(2_000)
    measured.delayMs = 0
    await clock.advance(2_000)
    expect(seen).toEqual(['event-loop-delay', 'admitting'])
    expect(measured.turns).toBe(2)
    unsubscribe()
    admission.admit()
    expect(seen).toHaveLength(2)
  })

  it('stops its timer and its measurement once, and refuses calls afterwards', () => {
    const { admission, clock, measured } = setUp()
    const call = admission.admit()
    admission.stop()
    admission[Symbol.dispose]()
    expect([clock.pending, measured.stops]).toEqual([0, 1])
    expect(admission.admit()).toMatchObject({ admitted: false, reason: 'stopped' })
    if (call.admitted) call.end()
    expect(admission.getState()).toMatchObject({ status: 'stopped', calls: 0 })
  })

  it.each([
    ['maxEventLoopDelayMs', 0],
    ['maxMemoryBytes', Number.NaN],
    ['maxCalls', -1],
    ['maxCallsPerSecond', '3'],
    ['windowMs', 999],
    ['resumeBelow', 1.1],
    ['retryAfterMs', Number.POSITIVE_INFINITY],
    ['busyMessage', ' '],
  ])('rejects %s: %s, and names it', (option, value) => {
    const create = () => createAdmission({ [option]: value })
    expect(create).toThrow(option)
    try {
      create()
    } catch (error) {
      expect(isHttpError(error, 'INVALID_OPTION')).toBe(true)
    }
  })

  it('measures the process by default', () => {
    using admission = createAdmission({ maxEventLoopDelayMs: 60_000, maxMemoryBytes: Number.POSITIVE_INFINITY })
    expect(admission.check()).toBeUndefined()
    expect(admission.getState().memoryBytes).toBeGreaterThan(1e6)
  })
})
