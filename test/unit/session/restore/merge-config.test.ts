import { describe, expect, it } from 'vitest'
import { acknowledgedConfig, mergeConfig } from '../../../../src/session/restore/merge-config.js'

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

describe('acknowledgedConfig', () => {
  const changed = (session: unknown, sessionType?: 'realtime') =>
    acknowledgedConfig<object>(undefined, [{ type: 'session.update', session }], sessionType)

  it('leaves out the type, and returns no configuration for an empty update', () => {
    expect(changed({ type: 'realtime' }, 'realtime')).toBeUndefined()
    expect(changed({ type: 'realtime', instructions: 'B' }, 'realtime')).toEqual({ instructions: 'B' })
    expect(changed({ audio: {} })).toEqual({ audio: {} })
  })

  it('returns the configuration unchanged for other events, and for an update of another type of session', () => {
    const before = { instructions: 'A' }
    const commit = { type: 'input_audio_buffer.commit' }
    expect(acknowledgedConfig(before, [commit], 'realtime')).toBe(before)
    expect(acknowledgedConfig(before, [], 'realtime')).toBe(before)
    expect(changed({ type: 'transcription', instructions: 'B' }, 'realtime')).toBeUndefined()
    expect(changed(undefined, 'realtime')).toBeUndefined()
  })
})
