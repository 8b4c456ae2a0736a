import { describe, expect, it } from 'vitest'
import {
  detectsTurns,
  interruptsOnSpeech,
  isTurnDetectionOff,
  respondsToTurns,
} from '../../../src/session/turn-detection.js'

const withDetection = (turn_detection: object | null) => ({ audio: { input: { turn_detection } } })

describe('turn detection', () => {
  it.each([
    ['no session', undefined, { detects: false, isOff: false, responds: false, interrupts: true }],
    [
      'a session that does not report it',
      { audio: {} },
      { detects: false, isOff: false, responds: false, interrupts: true },
    ],
    ['null', withDetection(null), { detects: false, isOff: true, responds: false, interrupts: true }],
    [
      'server_vad with defaults',
      withDetection({ type: 'server_vad' }),
      { detects: true, isOff: false, responds: true, interrupts: true },
    ],
    [
      'create_response: false',
      withDetection({ type: 'semantic_vad', create_response: false }),
      { detects: true, isOff: false, responds: false, interrupts: true },
    ],
    [
      'interrupt_response: false',
      withDetection({ type: 'server_vad', interrupt_response: false }),
      { detects: true, isOff: false, responds: true, interrupts: false },
    ],
  ])('is classified for %s', (_, session, { detects, isOff, responds, interrupts }) => {
    expect(detectsTurns(session)).toBe(detects)
    expect(isTurnDetectionOff(session)).toBe(isOff)
    expect(respondsToTurns(session)).toBe(responds)
    expect(interruptsOnSpeech(session)).toBe(interrupts)
  })
})
