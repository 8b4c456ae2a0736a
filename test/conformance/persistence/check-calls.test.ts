import type { JournalEntry } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { checkCalls } from '../../../examples/voice-agent-cluster/check-calls.js'

type Event = JournalEntry['event']

const added = (item: object): Event => ({ type: 'conversation.item.added', item })
const user = (id: string) => added({ id, type: 'message', role: 'user' })
const made = (callId: string, name = 'charge'): Event => ({
  type: 'response.output_item.done',
  item: { id: `item_${callId}`, type: 'function_call', call_id: callId, name },
})
const called = (callId: string) => added({ id: `item_${callId}`, type: 'function_call', call_id: callId })
const output = (callId: string, text = 'charge confirmed', id = `out_${callId}`) =>
  added({ id, type: 'function_call_output', call_id: callId, output: text })
const spoken = added({ id: 'assistant', type: 'message', role: 'assistant' })
const responded: Event = { type: 'response.created' }

/** Checks a call that has these sessions, one after the other or as `order` has them. */
function problemsOf(sessions: readonly (readonly Event[])[], keys: readonly string[], turns = ['u1']) {
  const journal = sessions.flatMap((events, index) =>
    events.map((event) => ({ sessionId: `sess_${index}`, from: 'server' as const, ms: 0, event })),
  )
  return checkCalls({
    journal: journal.map((entry, seq) => ({ ...entry, seq })),
    requests: keys.map((callId) => ({ tool: 'charge', key: `CA1:${callId}` })),
    records: new Map([['CA1', { itemIds: new Set(['u1', 'item_c1']), userTurns: new Set(turns) }]]),
    meaningOf: (tool, text) => (text === `${tool} confirmed` ? 'result' : text === 'unknown' ? 'failure' : undefined),
  })
}

const whole = [user('u1'), made('c1'), called('c1'), output('c1'), spoken]

describe('the checker of calls', () => {
  it('reports nothing for a call that continued as it should', () => {
    expect(problemsOf([whole, [user('u1'), called('c1'), output('c1'), spoken]], ['c1'])).toEqual([])
  })

  it('reports nothing for a call that an interruption has left incomplete', () => {
    const { type, item } = made('c1') as { readonly type: string; readonly item: object }
    const incomplete = { type, item: { ...item, status: 'incomplete' } }
    expect(problemsOf([[user('u1'), incomplete, called('c1'), spoken]], [])).toEqual([])
    expect(problemsOf([[user('u1'), incomplete, called('c1'), spoken]], ['c1'])).toEqual([
      expect.stringMatching(/did not call/),
    ])
  })

  it.each([
    ['a lost turn', [whole, [called('c1'), output('c1'), spoken, user('u2')]], ['c1'], /does not have it/],
    ['a tool that ran twice', [whole], ['c1', 'c1'], /ran 2 times/],
    ['a tool that ran without a call of the model', [whole], ['c1', 'c9'], /did not call/],
    ['a result of a tool that did not run', [whole], [], /it did not run/],
    ['a call without an output', [[user('u1'), made('c1'), called('c1'), spoken]], ['c1'], /has no output/],
    ['a second output', [[...whole, output('c1', 'charge confirmed', 'again')]], ['c1'], /has 2 outputs/],
    ['a false output', [[user('u1'), made('c1'), called('c1'), output('c1', 'ok'), spoken]], ['c1'], /false output/],
    ['a call that the service does not know', [[user('other')]], [], /no session/],
  ] as const)('reports %s', (_, sessions, keys, problem) => {
    expect(problemsOf(sessions, keys).join('\n')).toMatch(problem)
  })

  it('reports two sessions of a call that responded at a time', () => {
    const entries = [user('u1'), responded].map((event) => ['a', event] as const)
    const others = [user('u1'), responded].map((event) => ['b', event] as const)
    const journal = [...entries, ...others, ['a', responded] as const].map(([sessionId, event], seq) => ({
      sessionId,
      event,
      seq,
      from: 'server' as const,
      ms: 0,
    }))
    const records = new Map([['CA1', { itemIds: new Set(['u1']), userTurns: new Set(['u1']) }]])
    const problems = checkCalls({ journal, requests: [], records, meaningOf: () => undefined })
    expect(problems.join('\n')).toMatch(/responded at a time/)
  })
})
