import { describe, expect, it } from 'vitest'
import { createInputProgress } from '../../../src/session/input-progress.js'

const bytesPerMs = 48

/** Input progress after a turn that the server has detected in audio of frames with the given durations. */
function afterTurn(framesMs: readonly number[], turnEndMs: number | undefined) {
  const progress = createInputProgress(() => ({ type: 'audio/pcm', rate: 24_000 }))
  for (const ms of framesMs) progress.recordSent(ms * bytesPerMs, ms)
  const place = { event_id: 'e', item_id: 'item' }
  progress.receive({ type: 'input_audio_buffer.speech_stopped', ...place, audio_end_ms: turnEndMs })
  progress.receive({ type: 'input_audio_buffer.committed', ...place, previous_item_id: null })
  return progress
}

// The test counts the bytes of a frame as its milliseconds.
describe('input progress', () => {
  it.each([
    ['frames of one size', [20, 20, 20, 20], 40, 40],
    ['a turn that ends inside a frame', [20, 20, 20, 20], 50, 40],
    ['a short frame before a long one', [80, 400], 200, 400],
    ['a long frame before short ones', [400, 20, 20], 400, 40],
    ['a turn that ends with the audio', [80, 400], 480, 0],
  ])('counts only frames behind the turn as unsettled: %s', (_name, framesMs, turnEndMs, unsettled) => {
    expect(afterTurn(framesMs, turnEndMs).unsettledBytes()).toBe(unsettled)
  })

  it('counts all frames as unsettled before the first turn', () => {
    expect(afterTurn([80, 400, 20], 0).unsettledBytes()).toBe(500)
  })

  it('counts nothing as unsettled after a turn whose position the server left out', () => {
    expect(afterTurn([80, 400], undefined).unsettledBytes()).toBe(0)
  })
})
