import { createCallMixer, createWavWriter, readWav } from 'realtime-primitives/audio'
import { describe, expect, it } from 'vitest'
import { audioErrorOf } from './signal.js'

const sampleRate = 1_000 // a sample a millisecond
const sound = (length: number, value: number) => new Float32Array(length).fill(value)
const shape = ([caller, agent]: readonly [Float32Array, Float32Array]) => [[...caller], [...agent]]

describe('createCallMixer', () => {
  it('aligns both sides by time', () => {
    const mixer = createCallMixer({ sampleRate, toleranceMs: 0 })
    mixer.write('caller', sound(3, 1), 0)
    mixer.write('agent', sound(2, 2), 4)
    mixer.write('caller', sound(1, 3), 5)
    expect(shape(mixer.read())).toEqual([
      [1, 1, 1, 0, 0, 3],
      [0, 0, 0, 0, 2, 2],
    ])
  })

  it('appends chunks that arrive early or within toleranceMs', () => {
    const mixer = createCallMixer({ sampleRate, toleranceMs: 2 })
    mixer.write('agent', sound(3, 1), 0)
    mixer.write('agent', sound(2, 2), 1)
    mixer.write('agent', sound(1, 3), 7)
    mixer.write('agent', sound(1, 4))
    expect(shape(mixer.read())[1]).toEqual([1, 1, 1, 2, 2, 3, 4])
  })

  it('returns the same audio in several reads as in one', () => {
    const whole = createCallMixer({ sampleRate, toleranceMs: 0 })
    const cut = createCallMixer({ sampleRate, toleranceMs: 0 })
    const heard: number[][] = [[], []]
    for (const mixer of [whole, cut]) {
      mixer.write('caller', sound(5, 1), 2)
      mixer.write('agent', sound(4, 2), 6)
    }
    for (const untilMs of [1, 4, 4, 9, 3, 12]) {
      for (const [side, samples] of shape(cut.read(untilMs)).entries()) heard[side]?.push(...samples)
    }
    expect(cut.positionMs).toBe(12)
    expect(heard).toEqual(shape(whole.read(12)))
  })

  it('moves late audio behind the last read', () => {
    const mixer = createCallMixer({ sampleRate })
    mixer.read(10)
    mixer.write('caller', sound(2, 1), 3)
    expect(shape(mixer.read(13))[0]).toEqual([1, 1, 0])
  })

  it('drops the audio after a cut', () => {
    const mixer = createCallMixer({ sampleRate, toleranceMs: 0 })
    mixer.write('agent', sound(4, 1), 0)
    mixer.write('agent', sound(4, 2))
    mixer.cut('agent', 3)
    mixer.write('agent', sound(1, 3), 5)
    expect(shape(mixer.read())[1]).toEqual([1, 1, 1, 0, 0, 3])
  })

  it('can be written with a two-channel WAV writer', () => {
    const mixer = createCallMixer({ sampleRate })
    const wav = createWavWriter({ sampleRate, channelCount: 2 })
    mixer.write('caller', sound(2, 0.5))
    mixer.write('agent', sound(1, -0.5))
    const body = wav.write(mixer.read())
    const { channels } = readWav(new Uint8Array([...wav.finalHeader(), ...body]))
    expect(channels.map((channel) => [...channel])).toEqual([
      [0.5, 0.5],
      [-0.5, 0],
    ])
  })

  it('copies its input', () => {
    const mixer = createCallMixer({ sampleRate })
    const reused = sound(1, 1)
    mixer.write('caller', reused)
    reused.fill(9)
    expect(shape(mixer.read())[0]).toEqual([1])
  })

  it('throws INVALID_OPTION for an invalid sample rate', () => {
    expect(audioErrorOf(() => createCallMixer({ sampleRate: 0 })).data).toMatchObject({ option: 'sampleRate' })
  })
})
