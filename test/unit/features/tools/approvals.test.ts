import { type ApprovalDecision, type ApprovalRequest, createApprovals, tool } from 'realtime-primitives'
import { createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { callOf, created, done, failure, settle, startTools } from './harness.js'

const request = (id: string, fields: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
  id,
  kind: 'function',
  tool: 'pay',
  arguments: {},
  ...fields,
})

describe('an approval queue', () => {
  const never = new AbortController().signal

  it('lists pending requests, as a new array after each change', async () => {
    const approvals = createApprovals({ clock: createManualClock() })
    const empty = approvals.pending
    const first = approvals.request(request('1'), never)
    const second = approvals.request(request('2'), never)
    expect(empty).toEqual([])
    expect(approvals.pending.map(({ id }) => id)).toEqual(['1', '2'])
    expect(approvals.approve('2')).toBe(true)
    expect(approvals.reject('1', 'too much')).toBe(true)
    expect(await first).toEqual({ isApproved: false, by: 'app', reason: 'too much' })
    expect(await second).toEqual({ isApproved: true, by: 'app', reason: undefined })
    expect(approvals.pending).toEqual([])
  })

  it('emits requests and decisions', async () => {
    const approvals = createApprovals({ clock: createManualClock() })
    const told: unknown[] = []
    approvals.on('requested', ({ id }) => told.push(`requested ${id}`))
    approvals.on('settled', ({ request, decision }) => told.push(`${request.id} ${decision.isApproved}`))
    void approvals.request(request('1'), never)
    approvals.approve('1')
    expect(told).toEqual(['requested 1', '1 true'])
  })

  it('accepts a decision inside of its listener', async () => {
    const approvals = createApprovals({ clock: createManualClock() })
    approvals.on('requested', ({ id }) => approvals.approve(id))
    expect(await approvals.request(request('1'), never)).toMatchObject({ isApproved: true })
  })

  it('ignores late and repeated decisions', () => {
    const approvals = createApprovals({ clock: createManualClock() })
    void approvals.request(request('1'), never)
    expect([approvals.approve('1'), approvals.approve('1'), approvals.reject('other')]).toEqual([true, false, false])
  })

  it('applies a remembered decision to the same tool of the same server, including pending requests', async () => {
    const approvals = createApprovals({ clock: createManualClock() })
    const mcp = (id: string, serverLabel: string) => request(id, { kind: 'mcp', serverLabel })
    const all = [mcp('1', 'a'), mcp('2', 'a'), mcp('3', 'b'), request('4')].map((one) => approvals.request(one, never))
    approvals.approve('1', { always: true })
    expect(await all[1]).toEqual({ isApproved: true, by: 'always', reason: undefined })
    expect(await approvals.request(mcp('5', 'a'), never)).toMatchObject({ isApproved: true, by: 'always' })
    expect(approvals.pending.map(({ id }) => id)).toEqual(['3', '4'])
    approvals.reset()
    void approvals.request(mcp('6', 'a'), never)
    expect(approvals.pending.map(({ id }) => id)).toEqual(['3', '4', '6'])
  })

  it('rejects a request after its deadline, and releases its timers', async () => {
    const clock = createManualClock()
    const approvals = createApprovals({ clock, timeoutMs: 100 })
    const decisions: ApprovalDecision[] = []
    void approvals.request(request('1'), never).then((decision) => decisions.push(decision))
    await clock.advance(99)
    expect(decisions).toEqual([])
    await clock.advance(1)
    expect(decisions).toEqual([{ isApproved: false, by: 'deadline', reason: undefined }])
    expect(clock.pending).toBe(0)
  })

  it('withdraws a request whose call was aborted', async () => {
    const clock = createManualClock()
    const approvals = createApprovals({ clock })
    const abort = new AbortController()
    const asked = approvals.request(request('1'), abort.signal)
    abort.abort()
    expect(await asked).toMatchObject({ isApproved: false, by: 'cancelled' })
    expect(approvals.pending).toEqual([])
    expect(clock.pending).toBe(0)
  })
})

describe('a call that needs an approval', () => {
  const parameters = z.object({ amount: z.number(), to: z.object({ name: z.string() }) })
  const args = { amount: 5, to: { name: 'Ada' } }

  it.each([
    [undefined, 'The call was not approved. It did not run.'],
    ['', 'The call was not approved. It did not run.'],
    ['  ', 'The call was not approved. It did not run.'],
    ['over the limit', 'The call was not approved: over the limit. It did not run.'],
    ['Over the limit.', 'The call was not approved: Over the limit. It did not run.'],
  ])('has the reason in its output when rejected (%j)', async (reason, told) => {
    const peer = await startTools([tool({ name: 'pay', parameters, execute: () => 1, needsApproval: true })])
    await peer.sendEvents(created('r1'), done('r1', [callOf('pay', 'c1', args)]))
    peer.run.approvals.reject('c1', reason)
    await settle()
    expect(peer.outputs()).toEqual([`c1: ${failure('REJECTED', told)}`])
  })

  it('runs with the displayed arguments when approved', async () => {
    const execute = vi.fn(({ amount, to }: z.infer<typeof parameters>) => `${amount} to ${to.name}`)
    const pay = tool({
      name: 'pay',
      parameters,
      execute,
      needsApproval(shown) {
        // Whoever tampers with what is shown changes nothing of what runs.
        expect(() => {
          shown.to.name = 'Eve'
        }).toThrow(TypeError)
        return true
      },
    })
    const peer = await startTools([pay])
    await peer.sendEvents(created('r1'), done('r1', [callOf('pay', 'c1', args)]))
    const [shown] = peer.run.approvals.pending
    expect(shown).toEqual({ id: 'c1', kind: 'function', tool: 'pay', arguments: args })
    expect(Object.isFrozen(Object(shown?.arguments).to)).toBe(true)
    expect(execute).not.toHaveBeenCalled()
    peer.run.approvals.approve('c1')
    await settle()
    expect(peer.outputs()).toEqual(['c1: 5 to Ada'])
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('shows the raw arguments when they cannot be copied', async () => {
    const page = z.object({ url: z.string().transform((text) => new URL(text)) })
    const execute = vi.fn(({ url }: z.infer<typeof page>) => url.href)
    const needsApproval = vi.fn(({ url }: z.infer<typeof page>) => {
      const isForeign = url.hostname !== 'shop.example'
      // It has a URL of its own.
      url.hostname = 'changed.example'
      return isForeign
    })
    const peer = await startTools([tool({ name: 'fetch', parameters: page, execute, needsApproval })])
    const calls = [
      callOf('fetch', 'c1', { url: 'https://shop.example/a' }),
      callOf('fetch', 'c2', { url: 'https://evil.example/b' }),
    ]
    await peer.sendEvents(created('r1'), done('r1', calls))
    expect(peer.run.approvals.pending.map(({ arguments: shown }) => shown)).toEqual([{ url: 'https://evil.example/b' }])
    peer.run.approvals.approve('c2')
    await settle()
    expect(peer.outputs()).toEqual(['c1: https://shop.example/a', 'c2: https://evil.example/b'])
  })

  it('does not run when rejected, and has the reason in its output', async () => {
    const execute = vi.fn()
    const peer = await startTools([tool({ name: 'pay', parameters, execute, needsApproval: true })])
    await peer.sendEvents(created('r1'), done('r1', [callOf('pay', 'c1', args), callOf('pay', 'c2', args)]))
    peer.run.approvals.reject('c1', 'over the limit')
    peer.run.approvals.reject('c2')
    await settle()
    expect(execute).not.toHaveBeenCalled()
    expect(peer.outputs()).toEqual([
      `c1: ${failure('REJECTED', 'The call was not approved: over the limit. It did not run.')}`,
      `c2: ${failure('REJECTED', 'The call was not approved. It did not run.')}`,
    ])
    expect(peer.errors.map(({ shortMessage }) => shortMessage)[0]).toBe(
      'The call of "pay" was rejected and did not run. No action is needed, because the model received the rejection.',
    )
  })

  it('does not run without a decision, and the wait does not count toward its timeout', async () => {
    const execute = vi.fn()
    const peer = await startTools([tool({ name: 'pay', parameters, execute, needsApproval: true, timeoutMs: 1_000 })])
    await peer.sendEvents(created('r1'), done('r1', [callOf('pay', 'c1', args)]))
    await peer.clock.advance(59_999)
    expect(peer.outputs()).toEqual([])
    await peer.clock.advance(1)
    expect(peer.outputs()).toEqual([
      `c1: ${failure('APPROVAL_TIMEOUT', 'Nobody approved the call in time. It did not run.')}`,
    ])
    expect(peer.run.approvals.approve('c1')).toBe(false)
    expect(execute).not.toHaveBeenCalled()
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('secret')
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret'))],
  ])('does not run when needsApproval %s, and gets an output', async (_how, needsApproval) => {
    const execute = vi.fn()
    const peer = await startTools([tool({ name: 'pay', parameters, execute, needsApproval })])
    await peer.sendEvents(created('r1'), done('r1', [callOf('pay', 'c1', args)]))
    expect(execute).not.toHaveBeenCalled()
    expect(peer.outputs()).toEqual([
      `c1: ${failure('APPROVAL_FAILED', 'Whether the call may run could not be decided. It did not run.')}`,
    ])
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it.each([[undefined], [null], [0], ['']])('requests an approval when needsApproval returns %j', async (answer) => {
    const execute = vi.fn()
    const needsApproval = () => answer as unknown as boolean
    const peer = await startTools([tool({ name: 'pay', parameters, execute, needsApproval })])
    await peer.sendEvents(created('r1'), done('r1', [callOf('pay', 'c1', args)]))
    expect(peer.run.approvals.pending).toHaveLength(1)
    expect(execute).not.toHaveBeenCalled()
  })

  it('requests an approval depending on its arguments, and not for invalid ones', async () => {
    const needsApproval = vi.fn(async ({ amount }: { amount: number }) => amount > 100)
    const peer = await startTools([tool({ name: 'pay', parameters, execute: () => 'paid', needsApproval })])
    const calls = [callOf('pay', 'c1', args), callOf('pay', 'c2', '{'), callOf('pay', 'c3', { ...args, amount: 200 })]
    await peer.sendEvents(created('r1'), done('r1', calls))
    expect(needsApproval).toHaveBeenCalledTimes(2)
    expect(peer.run.approvals.pending.map(({ id }) => id)).toEqual(['c3'])
  })

  it('is withdrawn when the tools are stopped', async () => {
    const peer = await startTools([tool({ name: 'pay', parameters, execute: () => 1, needsApproval: true })])
    await peer.sendEvents(created('r1'), done('r1', [callOf('pay', 'c1', args)]))
    const { approvals } = peer.run
    peer.run.stop()
    expect(approvals.pending).toEqual([])
    expect(peer.clock.pending).toBe(0)
  })
})
