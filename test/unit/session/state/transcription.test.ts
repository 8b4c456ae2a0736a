import { selectSegments } from 'realtime-primitives'
import type { ServerEvent } from 'realtime-primitives/protocol'
import { describe, expect, it } from 'vitest'
import {
  failOpenSegments,
  initialTranscription,
  reduceTranscription,
  type TranscriptionState,
} from '../../../../src/session/state/transcription.js'

const committed = (item_id: string, previous_item_id: string | null = null) =>
  ({ type: 'input_audio_buffer.committed', item_id, previous_item_id }) as ServerEvent
const delta = (item_id: string, text: string, logprob?: number) =>
  ({
    type: 'conversation.item.input_audio_transcription.delta',
    item_id,
    delta: text,
    ...(logprob === undefined ? {} : { logprobs: [{ token: text, logprob, bytes: [] }] }),
  }) as unknown as ServerEvent
const speaker = (item_id: string, id: string) =>
  ({
    type: 'conversation.item.input_audio_transcription.segment',
    item_id,
    id,
    speaker: 'A',
    text: id,
    start: 0,
    end: 1,
  }) as ServerEvent

const reduceAll = (events: ServerEvent[], state: TranscriptionState = initialTranscription) =>
  events.reduce(reduceTranscription, state)

describe('the segments of a transcription', () => {
  it('have all log probabilities and speakers of a long turn, as arrays', () => {
    const events = Array.from({ length: 200 }, (_, index) => [
      delta('item_1', 'a', -index),
      speaker('item_1', `s${index}`),
    ])
    const [segment] = selectSegments(reduceAll([committed('item_1'), ...events.flat()]))
    expect(segment?.text).toBe('a'.repeat(200))
    expect(segment?.logprobs.map(({ logprob }) => logprob)).toEqual(Array.from({ length: 200 }, (_, index) => -index))
    expect(segment?.speakers.map(({ id }) => id)).toEqual(Array.from({ length: 200 }, (_, index) => `s${index}`))
  })

  it('share the earlier pieces of their lists after another event', () => {
    const events = Array.from({ length: 150 }, (_, index) => delta('item_1', 'a', -index))
    const before = reduceAll([committed('item_1'), ...events])
    const after = reduceTranscription(before, delta('item_1', 'b', 0))
    const piecesOf = (state: TranscriptionState) => state.segments[0]?.[0]?.logprobs ?? []
    expect(piecesOf(before).length).toBeGreaterThan(2)
    expect(piecesOf(after)[0]).toBe(piecesOf(before)[0])
    expect(piecesOf(after)[1]).toBe(piecesOf(before)[1])
  })

  it('are replaced by the log probabilities of the completed event', () => {
    const completed = {
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: 'item_1',
      transcript: 'done',
      logprobs: [{ token: 'done', logprob: -1, bytes: [] }],
    } as unknown as ServerEvent
    const [segment] = selectSegments(reduceAll([committed('item_1'), delta('item_1', 'a', -7), completed]))
    expect(segment).toMatchObject({ text: 'done', status: 'completed', logprobs: [{ logprob: -1 }] })
  })

  it('are in the order of previous_item_id, and added once', () => {
    const events = [committed('item_2'), committed('item_3', 'item_2'), delta('item_4', 'x'), committed('item_4')]
    const state = reduceAll([...events, committed('item_2b', 'item_2'), committed('item_2')])
    expect(selectSegments(state).map(({ itemId }) => itemId)).toEqual(['item_2', 'item_2b', 'item_3', 'item_4'])
  })

  it('keep their identity until they change', () => {
    const before = reduceAll([committed('item_1'), committed('item_2', 'item_1')])
    const after = reduceTranscription(before, delta('item_2', 'x'))
    expect(selectSegments(before)).toBe(selectSegments(before))
    expect(selectSegments(after)[0]).toBe(selectSegments(before)[0])
    expect(selectSegments(after)[1]).not.toBe(selectSegments(before)[1])
  })

  it('have failed after a lost connection, except the completed ones', () => {
    const completed = {
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: 'item_1',
      transcript: 'done',
    } as ServerEvent
    const lost = failOpenSegments(reduceAll([committed('item_1'), committed('item_2'), completed]))
    expect(selectSegments(lost).map(({ status }) => status)).toEqual(['completed', 'failed'])
  })
})
