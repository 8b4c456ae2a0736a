import { describe, expect, it } from 'vitest'
import { createCallBatch, createCallBatches, takeFollowUp } from '../../../../src/features/tools/call-batch.js'
import { type CallEvent, type CallState, isSent, nextCallState } from '../../../../src/features/tools/call-state.js'

const outcome = { output: 'found', error: undefined }
const run = { outcome: Promise.resolve(outcome), abort: () => {} }
const lateResult = { itemId: 'item_late', cancel: () => {} }

const receiving: CallState = { phase: 'receiving' }
const received: CallState = { phase: 'received' }
const waiting: CallState = { phase: 'waiting' }
const running: CallState = { phase: 'running', run }
const deferred: CallState = { phase: 'deferred', run, placeholder: 'sent' }
const deferredAcknowledged: CallState = { phase: 'deferred', run, placeholder: 'acknowledged' }
const finished: CallState = { phase: 'finished', outcome }
const sent: CallState = { phase: 'sent', outcome, lateResult: undefined }
const sentLate: CallState = { phase: 'sent', outcome, lateResult }
const acknowledged: CallState = { phase: 'acknowledged' }
const states = {
  receiving,
  received,
  waiting,
  running,
  deferred,
  deferredAcknowledged,
  finished,
  sent,
  sentLate,
  acknowledged,
}

const complete: CallEvent = { type: 'complete' }
const wait: CallEvent = { type: 'wait' }
const start: CallEvent = { type: 'start', run }
const finish: CallEvent = { type: 'finish', outcome, lateResult }
const send: CallEvent = { type: 'send' }
const acknowledge: CallEvent = { type: 'acknowledge' }
const lost: CallEvent = { type: 'connection_lost' }

const transitions: readonly (readonly [keyof typeof states, CallEvent, CallState])[] = [
  ['receiving', complete, received],
  ['receiving', finish, finished],
  ['received', wait, waiting],
  ['received', start, running],
  ['received', finish, finished],
  ['waiting', start, running],
  ['waiting', finish, finished],
  ['running', finish, finished],
  ['running', send, deferred],
  ['running', acknowledge, deferredAcknowledged],
  ['deferred', finish, sentLate],
  ['deferred', acknowledge, deferredAcknowledged],
  ['deferred', lost, running],
  ['deferredAcknowledged', finish, acknowledged],
  ['finished', send, sent],
  ['finished', acknowledge, acknowledged],
  ['sent', acknowledge, acknowledged],
  ['sent', lost, finished],
  ['sentLate', acknowledge, acknowledged],
  ['sentLate', lost, finished],
]

describe('state of a call', () => {
  it.each(transitions)('%s: changes on %o', (from, event, to) => {
    expect(nextCallState(states[from], event)).toEqual(to)
  })

  it('stays the same on every other event', () => {
    for (const [name, state] of Object.entries(states))
      for (const event of [complete, wait, start, finish, send, acknowledge, lost]) {
        if (transitions.some(([from, other]) => from === name && other === event)) continue
        expect(nextCallState(state, event)).toEqual(state)
      }
  })

  it('is sent after the output or its placeholder was sent', () => {
    const names = Object.entries(states).filter(([, state]) => isSent(state))
    expect(names.map(([name]) => name)).toEqual([
      'deferred',
      'deferredAcknowledged',
      'sent',
      'sentLate',
      'acknowledged',
    ])
  })
})

describe('call batch', () => {
  it('needs a follow-up response once, when the response is done and the calls are ready', () => {
    const batch = createCallBatch('r1')
    expect(takeFollowUp(batch, true)).toBe(false)
    batch.response = 'done'
    expect(takeFollowUp(batch, false)).toBe(false)
    expect(takeFollowUp(batch, true)).toBe(true)
    expect(takeFollowUp(batch, true)).toBe(false)
  })

  it('is created once per response, until it is closed', () => {
    const batches = createCallBatches((responseId) => createCallBatch<string>(responseId))
    const first = batches.open('r1')
    expect(batches.open('r1')).toBe(first)
    batches.close('r1')
    expect(batches.get('r1')).toBeUndefined()
    expect(batches.open('r1')).not.toBe(first)
    expect(batches.all().map(({ responseId }) => responseId)).toEqual(['r1'])
  })
})
