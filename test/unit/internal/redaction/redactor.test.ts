import { createSession, detectCardNumbers, memoryPair, snapshot } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../../../src/internal/redaction/redactor.js'
import { createPeer } from '../../../support/peer.js'

const card = '4111 1111 1111 1111'
const redact = createRedactor({ text: 'keep', redact: detectCardNumbers })

describe('createRedactor with a detector', () => {
  it.each([
    [{ type: 'session.update', session: { instructions: `Never say ${card}.` } }],
    [{ type: 'conversation.item.create', item: { role: 'system', content: [{ type: 'input_text', text: card }] } }],
    [{ type: 'response.function_call_arguments.done', name: 'pay', arguments: `{"card":"${card}"}` }],
    [{ type: 'conversation.item.create', item: { type: 'function_call_output', output: `paid ${card}` } }],
    [{ type: 'error', error: { type: 'invalid_request_error', message: `"${card}" is invalid` } }],
    [{ type: 'response.create', response: { metadata: { [card]: card } } }],
    [{ type: 'x', prompt: { id: 'p', variables: { id: card } } }],
    [{ type: 'close', code: 1000, reason: `bye ${card}` }],
    [{ type: 'vendor.event', anything: [[card]] }],
    [card],
  ])('replaces the match in %j', (event) => {
    const written = JSON.stringify(redact(event))
    expect(written).not.toContain('1111')
    expect(written).toContain('[card number]')
  })

  it('writes deltas, segments, and logprobs as lengths', () => {
    expect(redact({ type: 'response.output_audio_transcript.delta', delta: '4111 11' })).toEqual({
      type: 'response.output_audio_transcript.delta',
      delta: '[7 chars]',
    })
    expect(
      redact({ type: 'conversation.item.input_audio_transcription.segment', id: 's1', text: '4111' }),
    ).toMatchObject({
      id: 's1',
      text: '[4 chars]',
    })
    expect(redact({ type: 'x', logprobs: [{ token: '41', logprob: 0, bytes: [52, 49] }] })).toEqual({
      type: 'x',
      logprobs: '[1 logprobs]',
    })
  })

  it('keeps names, ids, numbers, and text without a match', () => {
    const event = {
      type: 'response.done',
      response: { id: 'resp_4111111111111111', status: 'completed', usage: { total: 7 } },
    }
    expect(redact(event)).toEqual(event)
  })

  it('does not write text without `text: keep`', () => {
    expect(createRedactor({ text: 'length', redact: detectCardNumbers })({ type: 'x', text: 'Hello' })).toEqual({
      type: 'x',
      text: '[5 chars]',
    })
  })
})

describe('snapshot with a detector', () => {
  it('replaces matches in configuration, items, and played text, and stays a snapshot', async () => {
    const peer = createPeer()
    await peer.connect()
    await peer.sendEvents({
      type: 'conversation.item.added',
      previous_item_id: null,
      item: {
        id: 'a',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_audio', transcript: `Your card is ${card}.` }],
      },
    })
    const state = peer.session.getState()
    const [chunk = []] = state.conversation.items
    const [item] = chunk
    const cut = { ...item, playedText: 'Your card is 4111 1111' }
    const conversation = { ...state.conversation, items: [[cut]] }
    const config = { instructions: card, audio: { output: { voice: 'marin' } } }
    const taken = snapshot(
      { getState: () => ({ ...state, config, lastingConfig: config, conversation }) as never },
      { redact: detectCardNumbers },
    )
    expect(JSON.stringify(taken)).not.toContain('1111')
    expect(taken.items[0]?.playedText).toBe('Your card is [card number]')
    expect(taken.config).toEqual({ instructions: '[card number]', audio: { output: { voice: 'marin' } } })
    expect(() => createSession({ transport: memoryPair()[0], snapshot: taken })).not.toThrow()
  })
})
