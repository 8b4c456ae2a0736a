import type { Transport } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import type { ServerErrorEvent } from '../../../../src/protocol/events/error.js'
import type { AddressedEvent } from '../../../../src/session/connection/acknowledgements.js'
import {
  acknowledge,
  awaitsReply,
  createPendingRequests,
  failRequest,
  recordOutgoing,
  recordSent,
  refuseRequest,
  requestReply,
  takeUnacknowledged,
  unacknowledgedRequests,
} from '../../../../src/session/connection/pending-requests.js'
import { createSendQueue } from '../../../../src/session/connection/send-queue.js'
import { createManualClock } from '../../../../src/testing/clock.js'

function start() {
  const settings = { clock: createManualClock(), requestTimeoutMs: 1_000, transport: { session: 'own' } as Transport }
  // Nothing waits in it.
  const queue = createSendQueue(settings as never, {} as never, undefined)
  const requests = createPendingRequests(settings, queue)
  return {
    requests,
    /** Sends an event without a request. */
    send(event: NamedEvent): void {
      recordOutgoing(requests, event)
      recordSent(requests, event.event_id)
    },
    request(event: NamedEvent, signal?: AbortSignal): Promise<AddressedEvent> {
      return requestReply(requests, event, { signal }, () => recordSent(requests, event.event_id))
    },
  }
}

type NamedEvent = AddressedEvent & { readonly event_id: string }

const update = (event_id: string) => ({ type: 'session.update', event_id })
const updated = { type: 'session.updated' }
const refusal = (event_id: string) =>
  ({ type: 'error', error: { type: 'x', message: '', event_id } }) as ServerErrorEvent

describe('createPendingRequests', () => {
  it('acknowledges events in the order of sending, whether they were requested or not', async () => {
    const { requests, send, request } = start()
    const first = request(update('a'))
    send(update('b'))
    const third = request(update('c'))
    const acknowledgements = ['of a', 'of b', 'of c'].map((event_id) => ({ ...updated, event_id }))
    expect(acknowledgements.map((event) => acknowledge(requests, event)[0]?.event_id)).toEqual(['a', 'b', 'c'])
    expect(await first).toBe(acknowledgements[0])
    expect(acknowledgements).toContain(await third)
    expect(acknowledge(requests, updated)).toEqual([])
  })

  it('has as unacknowledged only requests that wait', async () => {
    const { requests, send, request } = start()
    send(update('without a request'))
    const controller = new AbortController()
    const givenUp = request(update('given up'), controller.signal)
    void request(update('waits'))
    controller.abort()
    await expect(givenUp).rejects.toThrow()
    expect(unacknowledgedRequests(requests).map(({ event_id }) => event_id)).toEqual(['waits'])
  })

  it('rejects an unacknowledged update after a lost connection when a later one has changed the same value', async () => {
    const { requests, request } = start()
    const change = (event_id: string, session: object) => request({ ...update(event_id), session })
    const overtaken = change('overtaken', { type: 'realtime', audio: { output: { speed: 1.1 } } })
    const other = change('other', { type: 'realtime', audio: { input: { noise_reduction: null } } })
    const later = change('later', { type: 'realtime', audio: { output: { speed: 0.9 } } })
    const inForce = {
      ...updated,
      session: { type: 'realtime', audio: { input: { noise_reduction: {} }, output: { speed: 0.9 } } },
    }
    acknowledge(requests, inForce)
    await later
    expect(takeUnacknowledged(requests).map(({ event_id }) => event_id)).toEqual(['other'])
    await expect(overtaken).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    void other
  })

  it('rejects such an update also when the newest one that is in force sets another value', async () => {
    const { requests, request } = start()
    const change = (event_id: string, session: object) => request({ ...update(event_id), session })
    const overtaken = change('overtaken', { type: 'realtime', max_output_tokens: 1_004 })
    const later = change('later', { type: 'realtime', max_output_tokens: 1_005 })
    void change('newest', { type: 'realtime', instructions: 'Be brief.' })
    acknowledge(requests, {
      ...updated,
      session: { type: 'realtime', max_output_tokens: 1_005, instructions: 'Be brief.' },
    })
    await later
    expect(takeUnacknowledged(requests).map(({ event_id }) => event_id)).toEqual(['newest'])
    await expect(overtaken).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })

  it('forgets an event that could not be sent', () => {
    const { requests } = start()
    recordOutgoing(requests, update('a'))
    expect(failRequest(requests, 'a', new Error('the transport refused it'))).toBe(false)
    recordSent(requests, 'a')
    expect(awaitsReply(requests, 'session.update')).toBe(false)
  })

  it('settles a request although the server never replies to an event before it', async () => {
    const { requests, send, request } = start()
    send(update('without a reply'))
    const requested = request(update('b'))
    const own = { ...updated }
    acknowledge(requests, own)
    expect(await requested).toBe(own)
  })

  it('orders an event that waited by when it left', () => {
    const { requests, send } = start()
    recordOutgoing(requests, update('waits'))
    send(update('sent'))
    recordSent(requests, 'waits')
    expect(acknowledge(requests, updated)[0]?.event_id).toBe('sent')
    expect(acknowledge(requests, updated)[0]?.event_id).toBe('waits')
  })

  it('returns the event of a request that was given up when its acknowledgement arrives late', async () => {
    const { requests, request } = start()
    const abort = new AbortController()
    const requested = request(update('a'), abort.signal)
    abort.abort(new Error('given up'))
    await expect(requested).rejects.toThrow('given up')
    expect(awaitsReply(requests, 'session.update')).toBe(true)
    expect(acknowledge(requests, updated)[0]?.event_id).toBe('a')
    expect(awaitsReply(requests, 'session.update')).toBe(false)
  })

  it('awaits a reply from sending to the acknowledgement, the refusal, or the loss of the connection', () => {
    const { requests, send } = start()
    recordOutgoing(requests, update('a'))
    expect(awaitsReply(requests, 'session.update')).toBe(false)
    recordSent(requests, 'a')
    expect(awaitsReply(requests, 'session.update')).toBe(true)
    expect(awaitsReply(requests, 'input_audio_buffer.commit')).toBe(false)
    expect(refuseRequest(requests, refusal('a'))).toBe(false)
    expect(awaitsReply(requests, 'session.update')).toBe(false)
    send(update('b'))
    expect(takeUnacknowledged(requests)).toEqual([])
    expect(awaitsReply(requests, 'session.update')).toBe(false)
  })

  it('forgets the oldest event without a caller when a server acknowledges none', () => {
    const { requests, send } = start()
    for (let count = 0; count < 300; count++) send(update(String(count)))
    expect(acknowledge(requests, updated)[0]?.event_id).toBe('44')
  })
})
