import { describe, expect, it } from 'vitest'
import { createPlaybackTracker, playbackOf } from '../../../../src/session/playback/tracker.js'

describe('createPlaybackTracker', () => {
  it('keeps interleaved parts of interleaved items apart', () => {
    const tracker = createPlaybackTracker()
    for (let round = 0; round < 3; round++)
      for (const itemId of ['item_1', 'item_2'])
        for (const contentIndex of [0, 1]) tracker.received({ itemId, contentIndex }, 10 + contentIndex, 'resp_1')
    tracker.played({ itemId: 'item_2', contentIndex: 1 }, 5.5)
    expect(tracker.progress('item_1')).toEqual([
      { itemId: 'item_1', contentIndex: 0, receivedMs: 30, playedMs: 0 },
      { itemId: 'item_1', contentIndex: 1, receivedMs: 33, playedMs: 0 },
    ])
    expect(tracker.progress('item_2')[1]).toEqual({ itemId: 'item_2', contentIndex: 1, receivedMs: 33, playedMs: 5 })
  })

  it('returns the items of a response in the order of arrival', () => {
    const tracker = createPlaybackTracker()
    tracker.received({ itemId: 'item_1' }, 10, 'resp_1')
    tracker.received({ itemId: 'item_2' }, 10, 'resp_2')
    tracker.received({ itemId: 'item_3', contentIndex: 1 }, 10, 'resp_1')
    tracker.received({ itemId: 'item_3', contentIndex: 2 }, 10, 'resp_1')
    expect(tracker.itemIdsOf('resp_1')).toEqual(['item_1', 'item_3'])
    expect(tracker.itemIdsOf('resp_3')).toEqual([])
  })

  it('starts a dropped part again when more of it arrives', () => {
    const tracker = createPlaybackTracker()
    tracker.received({ itemId: 'item_0' }, 10)
    for (let item = 1; item <= 64; item++) tracker.received({ itemId: `item_${item}` }, 10)
    expect(tracker.progress('item_0')).toEqual([])
    tracker.received({ itemId: 'item_0' }, 7)
    tracker.received({ itemId: 'item_0' }, 7)
    expect(tracker.progress('item_0')).toMatchObject([{ receivedMs: 14 }])
  })

  it('returns interrupted parts once, in the order of arrival, and ignores their late audio', () => {
    const tracker = createPlaybackTracker()
    tracker.received({ itemId: 'item_1' }, 100, 'resp_1')
    tracker.received({ itemId: 'item_2' }, 100, 'resp_1')
    tracker.played({ itemId: 'item_1' }, 40)
    expect(tracker.cut().map(({ itemId, playedMs }) => [itemId, playedMs])).toEqual([
      ['item_1', 40],
      ['item_2', 0],
    ])
    tracker.received({ itemId: 'item_2' }, 100, 'resp_1')
    expect(tracker.progress('item_2')).toMatchObject([{ receivedMs: 100 }])
    expect(tracker.enqueued({ itemId: 'item_2' })).toBe(false)
    expect(tracker.cut()).toEqual([])
  })

  it('finishes all parts of an item without a content index, and all of a response by its id', () => {
    const tracker = createPlaybackTracker()
    for (const contentIndex of [0, 1]) {
      tracker.received({ itemId: 'item_1', contentIndex }, 10, 'resp_1')
      tracker.played({ itemId: 'item_1', contentIndex }, 10)
    }
    tracker.received({ itemId: 'item_2' }, 10, 'resp_2')
    tracker.played({ itemId: 'item_2' }, 10)
    expect(tracker.playingItemIds()).toEqual(['item_1', 'item_1', 'item_2'])
    tracker.completed({ itemId: 'item_1' })
    expect(tracker.playingItemIds()).toEqual(['item_2'])
    tracker.completed({ responseId: 'resp_2' })
    expect(playbackOf(tracker).isPlaying).toBe(false)
  })
})
