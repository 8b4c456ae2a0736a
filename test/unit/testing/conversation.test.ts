import { describe, expect, test } from 'vitest'
import { connectTo, said, type TestClient } from './client.js'

const order = (client: TestClient) =>
  client.all('conversation.item.added').map(({ item, previous_item_id }) => [item.id, previous_item_id])

describe('the order of the conversation', () => {
  test('items are appended by default', async () => {
    const client = await connectTo()
    await client.send(said('one', 'a'))
    await client.send({ ...said('two', 'b'), previous_item_id: null })
    expect(order(client)).toEqual([
      ['a', null],
      ['b', 'a'],
    ])
    expect(client.fresh().slice(1)).toEqual([
      'conversation.item.added',
      'conversation.item.done',
      'conversation.item.added',
      'conversation.item.done',
    ])
  })

  test('items are inserted at the root or after another item', async () => {
    const client = await connectTo()
    await client.send(said('one', 'a'))
    await client.send(said('two', 'b'))
    await client.send({ ...said('zero', 'z'), previous_item_id: 'root' })
    await client.send({ ...said('between', 'm'), previous_item_id: 'a' })
    await client.send(said('last', 'c'))
    expect(order(client)).toEqual([
      ['a', null],
      ['b', 'a'],
      ['z', null],
      ['m', 'a'],
      ['c', 'b'],
    ])
  })

  test('a deleted item is removed from the order', async () => {
    const client = await connectTo()
    await client.send(said('one', 'a'))
    await client.send(said('two', 'b'))
    await client.send({ type: 'conversation.item.delete', item_id: 'b' })
    expect(client.last('conversation.item.deleted').item_id).toBe('b')
    await client.send(said('three', 'c'))
    expect(order(client).at(-1)).toEqual(['c', 'a'])
    await client.send({ type: 'conversation.item.retrieve', item_id: 'b' })
    expect(client.last('error').error.code).toBe('item_retrieve_invalid_item_id')
  })

  test('an output item: done has no previous item after the first item, and the same as added after later ones', async () => {
    const client = await connectTo()
    const placesOf = (type: 'conversation.item.added' | 'conversation.item.done') =>
      client.all(type).map(({ previous_item_id }) => previous_item_id)
    await client.send(said('one', 'a'))
    await client.send({ type: 'response.create' })
    await client.clock.advance(5000)
    await client.send({ type: 'response.create' })
    await client.clock.advance(5000)
    const first = client.all('conversation.item.added')[1]?.item.id
    expect(placesOf('conversation.item.added')).toEqual([null, 'a', first])
    expect(placesOf('conversation.item.done')).toEqual([null, null, first])
  })

  test('an item keeps its identifier or gets a generated one', async () => {
    const client = await connectTo()
    await client.send(said('one', 'mine'))
    await client.send(said('two'))
    const [first, second] = client.all('conversation.item.done')
    expect(first?.item.id).toBe('mine')
    expect(second?.item.id).toMatch(/^item_\w{21}$/)
  })

  test('stored items have the fields of real traffic', async () => {
    const client = await connectTo()
    await client.send(said('hi', 'a'))
    await client.send({
      type: 'conversation.item.create',
      item: { type: 'function_call', name: 'f', arguments: '{}', call_id: 'call_1', id: 'b' },
    })
    await client.send({
      type: 'conversation.item.create',
      item: { type: 'function_call_output', call_id: 'call_1', output: 'ok', id: 'c' },
    })
    expect(client.all('conversation.item.done').map(({ item }) => item)).toEqual([
      { id: 'a', type: 'message', status: 'completed', role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
      { id: 'b', type: 'function_call', status: 'completed', name: 'f', call_id: 'call_1', arguments: '{}' },
      { id: 'c', type: 'function_call_output', call_id: 'call_1', output: 'ok' },
    ])
  })
})
