import { expect, it } from 'vitest'
import { createResponseHandle } from '../../../../src/session/responses/handle.js'

const createControl = (content: 'keep' | 'discard') =>
  createResponseHandle({
    isInBand: true,
    content,
    cancel: () => {},
    whenSettled: () => Promise.reject(new Error('not used')),
    onSubmitted: () => {},
  })

const delta = (text: string) => ({
  type: 'response.output_audio.delta' as const,
  event_id: 'event_1',
  response_id: 'resp_1',
  item_id: 'item_1',
  output_index: 0,
  content_index: 0,
  delta: text,
})

it('a response handle keeps audio until it settles', async () => {
  const control = createControl('keep')
  control.receive(delta('AAAA'))
  control.settle({ status: 'cancelled', reason: 'client_cancelled', response: undefined })
  control.receive(delta('AAAA'))
  let bytes = 0
  for await (const chunk of control.handle.audio()) bytes += chunk.byteLength
  expect(bytes).toBe(3)
})

it('a reader of content that never arrives completes when the response settles', async () => {
  const control = createControl('keep')
  const early = control.handle.text().next()
  control.settle({ status: 'cancelled', reason: 'client_cancelled', response: undefined })
  expect(await early).toEqual({ done: true, value: undefined })
  expect(await control.handle.items().next()).toEqual({ done: true, value: undefined })
})

it('a response handle without content keeps nothing, and its iterators complete with the response', async () => {
  const control = createControl('discard')
  const early = control.handle.audio().next()
  control.receive(delta('AAAA'))
  control.settle({ status: 'cancelled', reason: 'client_cancelled', response: undefined })
  expect(await early).toEqual({ done: true, value: undefined })
  expect(await control.handle.audio().next()).toEqual({ done: true, value: undefined })
})
