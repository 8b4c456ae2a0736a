import { describe, expect, it } from 'vitest'
import { mergeConfig, mergeUpdate } from '../../../../src/session/restore/merge-config.js'

describe('mergeConfig', () => {
  it('merges nested objects, and replaces lists, null, and whole settings', () => {
    const before = { tools: [1], audio: { input: { turn_detection: { type: 'a', x: 1 } }, output: { speed: 1 } } }
    const change = { tools: [], audio: { input: { turn_detection: { type: 'b' } }, output: null } }
    expect(mergeConfig<object>(before, change)).toEqual(change)
  })

  it('ignores undefined, which is not sent', () => {
    expect(mergeConfig<object>({ instructions: 'A' }, { instructions: undefined })).toEqual({ instructions: 'A' })
  })

  it('returns the same object when nothing changes', () => {
    const config = { instructions: 'A', tools: [{ name: 'f' }], audio: { output: { speed: 1 } } }
    expect(mergeConfig<object>(config, structuredClone(config))).toBe(config)
  })
})

describe('mergeUpdate', () => {
  it('leaves out the type, and returns no configuration for an empty update', () => {
    expect(mergeUpdate(undefined, { type: 'realtime' })).toBeUndefined()
    expect(mergeUpdate(undefined, { type: 'realtime', instructions: 'B' })).toEqual({ instructions: 'B' })
  })
})
