import { describe, expect, it } from 'vitest'
import type { ServerEvent } from '../../../../src/protocol/server-events.js'
import { createPendingRequests } from '../../../../src/session/connection/pending-requests.js'
import { createPendingTurns, hasPendingTurns, receiveForTurns } from '../../../../src/session/restore/pending-turns.js'
import { reduce } from '../../../../src/session/state/reduce.js'
import { initialState, type SessionState } from '../../../../src/session/state/state.js'

const configured = {
  type: 'session.created',
  session: { type: 'realtime', audio: { input: { transcription: { model: 'gpt-transcribe' } } } },
} as unknown as ServerEvent
const committed = { type: 'input_audio_buffer.committed', item_id: 'u1', previous_item_id: null } as ServerEvent
const added = {
  type: 'conversation.item.added',
  previous_item_id: null,
  item: { id: 'u1', type: 'message', role: 'user', content: [{ type: 'input_audio', transcript: null }] },
} as unknown as ServerEvent
const transcribed = {
  type: 'conversation.item.input_audio_transcription.completed',
  item_id: 'u1',
  content_index: 0,
  transcript: 'Hi',
} as ServerEvent

function start() {
  let state = initialState
  let reads = 0
  const read = () => {
    reads += 1
    return state
  }
  // No commit is sent by a request.
  const requests = createPendingRequests({} as never, {} as never)
  const store = {
    get state() {
      return read()
    },
  }
  const turns = createPendingTurns(requests, store)
  return {
    turns,
    reads: () => reads,
    receive(event: ServerEvent): SessionState {
      state = reduce(state, event)
      receiveForTurns(turns, event)
      return state
    },
  }
}

describe('createPendingTurns', () => {
  it('is pending from the commit until the transcript is complete', () => {
    const { turns, receive } = start()
    const pending = [configured, committed, added, transcribed].map((event) => {
      receive(event)
      return hasPendingTurns(turns)
    })
    expect(pending).toEqual([false, true, true, false])
  })

  it('does not look up turns again that are complete', () => {
    const { turns, receive, reads } = start()
    for (const event of [configured, committed, added, transcribed]) receive(event)
    expect(hasPendingTurns(turns)).toBe(false)
    const before = reads()
    for (let append = 0; append < 50; append++) expect(hasPendingTurns(turns)).toBe(false)
    expect(reads()).toBe(before)
  })
})
