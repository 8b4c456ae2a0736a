import { expect, it } from 'vitest'
import { createResponseHandle } from '../../../../src/session/responses/handle.js'

const delta = (text: string) => ({
  type: 'response.output_audio.delta' as const,
  event_id: 'event_1',
  response_id: 'resp_1',
  item_id: 'item_1',
  output_index: 0,
  content_index: 0,
  delta: text,
})

async function readAudio(isDiscarded: boolean): Promise<number> {
  const control = createResponseHandle({
    isInBand: true,
    cancel: () => {},
    whenSettled: () => Promise.reject(new Error('not used')),
  })
  if (isDiscarded) control.discard()
  control.receive(delta('AAAA'))
  control.settle({ status: 'cancelled', reason: 'client_cancelled', response: undefined })
  control.receive(delta('AAAA'))
  let bytes = 0
  for await (const chunk of control.handle.audio()) bytes += chunk.byteLength
  return bytes
}

it('a response handle keeps audio until it settles', async () => {
  expect(await readAudio(false)).toBe(3)
})

it('a response handle keeps nothing after discard()', async () => {
  expect(await readAudio(true)).toBe(0)
})
