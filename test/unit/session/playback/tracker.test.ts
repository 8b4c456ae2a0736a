import { describe, expect, it } from 'vitest'
import {
  createPlaybackTracker,
  cutPlayback,
  itemIdsOf,
  playbackOf,
  playingItemIds,
  progressOf,
  recordCompleted,
  recordEnqueued,
  recordPlayed,
  recordReceived,
} from '../../../../src/session/playback/tracker.js'

describe('createPlaybackTracker', () => {
  it('keeps interleaved parts of interleaved items apart', () => {
    const tracker = createPlaybackTracker()
    for (let round = 0; round < 3; round++)
      for (const itemId of ['item_1', 'item_2'])
        for (const contentIndex of [0, 1]) recordReceived(tracker, itemId, contentIndex, 10 + contentIndex, 'resp_1')
    recordPlayed(tracker, { itemId: 'item_2', contentIndex: 1 }, 5.5)
    expect(progressOf(tracker, 'item_1')).toEqual([
      { itemId: 'item_1', contentIndex: 0, receivedMs: 30, playedMs: 0 },
      { itemId: 'item_1', contentIndex: 1, receivedMs: 33, playedMs: 0 },
    ])
    expect(progressOf(tracker, 'item_2')[1]).toEqual({ itemId: 'item_2', contentIndex: 1, receivedMs: 33, playedMs: 5 })
  })

  it('returns the items of a response in the order of arrival', () => {
    const tracker = createPlaybackTracker()
    recordReceived(tracker, 'item_1', 0, 10, 'resp_1')
    recordReceived(tracker, 'item_2', 0, 10, 'resp_2')
    recordReceived(tracker, 'item_3', 1, 10, 'resp_1')
    recordReceived(tracker, 'item_3', 2, 10, 'resp_1')
    expect(itemIdsOf(tracker, 'resp_1')).toEqual(['item_1', 'item_3'])
    expect(itemIdsOf(tracker, 'resp_3')).toEqual([])
  })

  it('starts a dropped part again when more of it arrives', () => {
    const tracker = createPlaybackTracker()
    recordReceived(tracker, 'item_0', 0, 10)
    for (let item = 1; item <= 64; item++) recordReceived(tracker, `item_${item}`, 0, 10)
    expect(progressOf(tracker, 'item_0')).toEqual([])
    recordReceived(tracker, 'item_0', 0, 7)
    recordReceived(tracker, 'item_0', 0, 7)
    expect(progressOf(tracker, 'item_0')).toMatchObject([{ receivedMs: 14 }])
  })

  it('returns interrupted parts once, in the order of arrival, and ignores their late audio', () => {
    const tracker = createPlaybackTracker()
    recordReceived(tracker, 'item_1', 0, 100, 'resp_1')
    recordReceived(tracker, 'item_2', 0, 100, 'resp_1')
    recordPlayed(tracker, { itemId: 'item_1' }, 40)
    expect(cutPlayback(tracker).map(({ itemId, playedMs }) => [itemId, playedMs])).toEqual([
      ['item_1', 40],
      ['item_2', 0],
    ])
    recordReceived(tracker, 'item_2', 0, 100, 'resp_1')
    expect(progressOf(tracker, 'item_2')).toMatchObject([{ receivedMs: 100 }])
    expect(recordEnqueued(tracker, { itemId: 'item_2' })).toBe(false)
    expect(cutPlayback(tracker)).toEqual([])
  })

  it('finishes all parts of an item without a content index, and all of a response by its id', () => {
    const tracker = createPlaybackTracker()
    for (const contentIndex of [0, 1]) {
      recordReceived(tracker, 'item_1', contentIndex, 10, 'resp_1')
      recordPlayed(tracker, { itemId: 'item_1', contentIndex }, 10)
    }
    recordReceived(tracker, 'item_2', 0, 10, 'resp_2')
    recordPlayed(tracker, { itemId: 'item_2' }, 10)
    expect(playingItemIds(tracker)).toEqual(['item_1', 'item_1', 'item_2'])
    recordCompleted(tracker, { itemId: 'item_1' })
    expect(playingItemIds(tracker)).toEqual(['item_2'])
    recordCompleted(tracker, { responseId: 'resp_2' })
    expect(playbackOf(tracker).isPlaying).toBe(false)
  })
})
