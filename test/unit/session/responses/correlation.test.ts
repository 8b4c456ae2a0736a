import { describe, expect, it } from 'vitest'
import {
  addRequestId,
  type CreatedResponse,
  findRequest,
  readResponse,
  requestIdOf,
  responseIdIn,
} from '../../../../src/session/responses/correlation.js'

const inBand = { name: 'in-band', isInBand: true, isNamed: true }
const later = { name: 'later in-band', isInBand: true, isNamed: true }
const unnamed = { name: 'unnamed in-band', isInBand: true, isNamed: false }
const outOfBand = { name: 'out-of-band', isInBand: false, isNamed: true }

type Request = typeof inBand

interface Case {
  readonly response?: CreatedResponse
  readonly pending?: Record<string, Request>
  readonly abandoned?: Record<string, Request>
  readonly returnsMetadata?: boolean
  readonly expectsServerResponse?: boolean
  readonly found: Request | undefined
}

const named = (eventId: string): CreatedResponse => ({ metadata: { client_event_id: eventId } })

const cases: [string, Case][] = [
  [
    'the pending request that its metadata names',
    { response: named('b'), pending: { a: inBand, b: later }, found: later },
  ],
  [
    'the abandoned request that its metadata names',
    { response: named('b'), pending: { a: inBand }, abandoned: { b: later }, found: later },
  ],
  [
    'no request when its metadata names an unknown one',
    { response: named('x'), pending: { a: inBand }, found: undefined },
  ],
  [
    'the request that its metadata names while a response of the server is expected',
    { response: named('a'), pending: { a: inBand }, expectsServerResponse: true, found: inBand },
  ],
  ['the oldest request without metadata', { pending: { a: inBand, b: later }, found: inBand }],
  [
    'an abandoned request only without a pending one',
    { pending: { b: later }, abandoned: { a: inBand }, found: later },
  ],
  ['an abandoned request without metadata', { abandoned: { a: inBand }, found: inBand }],
  [
    'no request without metadata from a server that returns it',
    { pending: { a: inBand }, returnsMetadata: true, found: undefined },
  ],
  [
    'the request that sent no id to a server that returns metadata',
    { pending: { a: inBand, b: unnamed }, returnsMetadata: true, found: unnamed },
  ],
  ['no request after a turn of the user', { pending: { a: inBand }, expectsServerResponse: true, found: undefined }],
  [
    'an out-of-band request after a turn of the user',
    {
      response: { conversation_id: null },
      pending: { a: inBand, b: outOfBand },
      expectsServerResponse: true,
      found: outOfBand,
    },
  ],
  [
    'no in-band request when it is out of band',
    { response: { conversation_id: null }, pending: { a: inBand }, found: undefined },
  ],
  [
    'no out-of-band request when it is in band',
    { response: { conversation_id: 'conv_1' }, pending: { a: outOfBand }, found: undefined },
  ],
  ['no request without requests', { found: undefined }],
]

describe('findRequest', () => {
  it.each(cases)('returns for a response %s', (_, { response = {}, found, ...candidates }) => {
    const { pending = {}, abandoned = {}, returnsMetadata = false, expectsServerResponse = false } = candidates
    const request = findRequest(response, {
      pending: new Map(Object.entries(pending)),
      abandoned: new Map(Object.entries(abandoned)),
      returnsMetadata,
      expectsServerResponse,
    })
    expect(request?.name).toBe(found?.name)
  })
})

describe('addRequestId', () => {
  it('adds the event id to the metadata of the caller', () => {
    const params = addRequestId({ metadata: { topic: 'news' } }, 'event_1')
    expect(params.metadata).toEqual({ topic: 'news', client_event_id: 'event_1' })
    expect(requestIdOf({ metadata: params.metadata })).toBe('event_1')
  })

  it.each([15, 16])('returns the parameters unchanged only with 16 pairs: %i', (pairs) => {
    const metadata = Object.fromEntries(Array.from({ length: pairs }, (_, index) => [`key${index}`, 'value']))
    const params = { metadata }
    expect(addRequestId(params, 'event_1') === params).toBe(pairs === 16)
  })
})

describe('readResponse', () => {
  it.each([
    ['not JSON', '{', {}],
    ['null', 'null', {}],
    ['without a response', '{"type":"response.created"}', {}],
    ['with a response that is a string', '{"response":"resp_1"}', {}],
    [
      'with invalid fields',
      '{"response":{"id":7,"metadata":"x","status":true}}',
      { id: 7, conversation_id: undefined, metadata: null },
    ],
    [
      'with the fields that identify it',
      '{"response":{"id":"resp_1","conversation_id":null,"metadata":{"client_event_id":"event_1"}}}',
      { id: 'resp_1', conversation_id: null, metadata: { client_event_id: 'event_1' } },
    ],
  ])('reads a frame that is %s', (_, frame, response) => {
    expect(readResponse(frame)).toEqual(response)
  })
})

it('responseIdIn returns only ids that are strings', () => {
  expect(responseIdIn('{"response":{"id":"resp_1"}}')).toBe('resp_1')
  expect(responseIdIn('{"response":{"id":7}}')).toBeUndefined()
})
