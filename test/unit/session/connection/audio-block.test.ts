import { describe, expect, it } from 'vitest'
import { type AudioBlock, releaseBlock, takeBlock } from '../../../../src/session/connection/audio-block.js'

const takeBlocks = (count: number, minBytes: number) => Array.from({ length: count }, () => takeBlock(minBytes))
const releaseAll = (blocks: readonly AudioBlock[]) => blocks.forEach(releaseBlock)

describe('audio blocks', () => {
  it('reuses a released block, and empties it', () => {
    const first = takeBlock(960)
    first.start = 10
    first.end = 20
    releaseBlock(first)
    expect(takeBlock(960)).toBe(first)
    expect(first).toMatchObject({ start: 0, end: 0 })
    expect(takeBlock(960)).not.toBe(first)
  })

  it('never returns a block twice that is in use', () => {
    const blocks = takeBlocks(20, 960)
    releaseAll(blocks.slice(0, 10))
    const next = takeBlocks(20, 960)
    expect(new Set([...blocks.slice(10), ...next]).size).toBe(30)
  })

  it('returns blocks of the wanted size while others are spare', () => {
    releaseAll(takeBlocks(4, 160))
    expect(takeBlock(960).bytes).toHaveLength(16_384)
    expect(takeBlock(160).bytes).toHaveLength(2_048)
    expect(takeBlock(100_000).bytes).toHaveLength(100_000)
  })

  it('keeps 1 MiB of spare blocks of each size, and none that are larger than 16 KiB', () => {
    const blocks = takeBlocks(100, 960)
    releaseAll(blocks)
    const large = takeBlock(100_000)
    releaseBlock(large)
    expect(takeBlocks(100, 960).filter((block) => blocks.includes(block)).length).toBe(64)
    expect(takeBlock(100_000) === large).toBe(false)
  })
})
