import { describe, expect, it } from 'vitest'
import { countDifferences, findSound } from '../../examples/voice-agent-twilio/compare.js'
import { runExample } from '../support/run-example.js'
import { vowel } from '../support/speech.js'

describe('voice-agent-twilio', () => {
  // Faster than real time, a stall of a busy machine is several times longer on the clock of the call, so a retry runs slower.
  it('completes a call with unchanged audio, an interruption, and a key', {
    retry: 2,
    timeout: 270_000,
  }, async (context) => {
    const isFirst = (context.task.result?.retryCount ?? 0) === 0
    const { code, stdout, stderr } = await runExample('voice-agent-twilio/main.ts', isFirst ? ['--fast'] : [])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^to the model {3}[\d.]+ s said, [\d.]+ s passed on, 0 bytes differ$/m)
    expect(stdout).toMatch(/^echoed {9}1\.0000 {2}1\.0000 {2}\(cut off\) {2}1\.0000 /m)
    expect(stdout).toMatch(/^media {10}\d+ messages in frames of 20 ms, 0 of another length, 0 refused$/m)
    expect(stdout).toMatch(/^interruption {3}the telephone played \d+ ms; (\d+) ms by the marks, \1 ms in the memory/m)
    expect(stdout).toMatch(/^key {12}5$/m)
    expect(stdout).toContain('caller  interrupts after')
    expect(stdout).toContain('line    ended: hangup')
  })
})

describe('voice-agent-twilio: audio comparison', () => {
  it('finds audio at its position, and returns a low correlation without a match', () => {
    const whole = vowel(1000, 8_000)
    const part = whole.slice(3_000, 5_000)
    expect(findSound(whole, part)).toEqual({ at: 3_000, correlation: expect.closeTo(1, 9) })
    expect(findSound(new Int16Array(8_000), part).correlation).toBe(0)
    const noise = Int16Array.from({ length: 8_000 }, (_, n) => ((n * 7_919) % 4_001) - 2_000)
    expect(findSound(noise, part).correlation).toBeLessThan(0.3)
  })

  it('counts different bytes', () => {
    expect(countDifferences(new Uint8Array([1, 2, 3]), new Uint8Array([1, 9, 3, 4]))).toBe(1)
  })
})
