import { describe, expect, it } from 'vitest'
import { type ConversationOptions, createConversation } from '../../../../src/cli/load/conversation.js'
import { createTally } from '../../../../src/cli/load/tally.js'
import { readTwiml } from '../../../../src/cli/load/twilio-connection.js'
import { connectStream } from '../../../../src/twilio/twiml.js'

function setUp(options: Partial<ConversationOptions> = {}) {
  const sent: string[] = []
  const tally = createTally()
  const conversation = createConversation({
    connection: { sendAudio: (frame) => sent.push(frame) },
    speech: { silence: 'silence', sentences: [['one', 'two', 'three']] },
    format: 'pcmu',
    tally,
    bargeIns: 0,
    drops: 0,
    callMs: 60_000,
    startMs: 0,
    random: () => 0,
    ...options,
  })
  let nowMs = 0
  return {
    conversation,
    tally,
    sent,
    now: () => nowMs,
    advance(ms: number) {
      for (const endMs = nowMs + ms; nowMs < endMs; ) {
        nowMs += 5
        conversation.tick(nowMs)
      }
    },
    receive(ms: number, continues: 'first' | 'following' = 'first') {
      conversation.receive({ ms, continues, delayMs: 1 }, nowMs)
    },
  }
}

describe('conversation under load', () => {
  it('sends a frame every 20 ms: silence, a sentence, and silence while it waits', () => {
    const { advance, sent } = setUp()
    advance(500)
    expect(sent).toHaveLength(25)
    expect(sent.filter((frame) => frame !== 'silence')).toEqual(['one', 'two', 'three'])
  })

  it('measures the time to the first audio, and speaks again after the answer was played', () => {
    const { advance, receive, sent, tally } = setUp()
    advance(600)
    receive(1_000)
    advance(1_600)
    expect(sent.filter((frame) => frame === 'one')).toHaveLength(1)
    advance(200)
    expect(sent.filter((frame) => frame === 'one')).toHaveLength(2)
    const { counts, delays } = tally.take()
    expect(counts.turns).toBe(1)
    expect(delays.response.maxMs).toBe(240)
  })

  it('reports no_answer and continues when no audio follows, and takes the rest of an old response for none', () => {
    const { advance, receive, tally, sent } = setUp()
    advance(600)
    receive(100, 'following')
    advance(10_200)
    expect(tally.take().errors).toEqual({ no_answer: 1 })
    expect(sent.filter((frame) => frame === 'one')).toHaveLength(2)
  })

  it('interrupts the model', () => {
    const { advance, receive, tally } = setUp({ bargeIns: 1 })
    advance(600)
    receive(4_000)
    advance(700)
    expect(tally.take().counts.bargeIns).toBe(1)
  })

  it.each([
    [{ drops: 1 }, 'drop'],
    [{ callMs: 1_000 }, 'completed'],
  ] as const)('ends after a turn with %j: %s', (options, end) => {
    const { advance, conversation, receive, sent } = setUp(options)
    advance(600)
    receive(500)
    advance(1_400)
    expect(conversation.end).toBe(end)
    const count = sent.length
    advance(1_000)
    expect(sent).toHaveLength(count)
  })

  it('skips the frames of a long stall instead of sending them at once', () => {
    const { conversation, sent, tally } = setUp()
    conversation.tick(5_000)
    expect(sent.length).toBeLessThan(10)
    expect(tally.take().errors).toEqual({ caller_stalled: 1 })
  })
})

describe('TwiML', () => {
  it('has a stream with parameters', () => {
    const twiml = `<Response><Connect><Stream url="wss://a.example/call?a=1&amp;b=2"><Parameter name="token" value='x"y'/></Stream></Connect><Say>Sorry.</Say></Response>`
    expect(readTwiml(twiml)).toEqual({
      kind: 'stream',
      url: 'wss://a.example/call?a=1&b=2',
      parameters: { token: 'x"y' },
    })
  })

  it('is read as `connectStream` writes it', () => {
    const url = 'wss://a.example/call?a=1&b=2'
    const parameters = { name: `O'Neil "Bo" <bo@example.com>` }
    expect(readTwiml(connectStream({ url, parameters }))).toEqual({ kind: 'stream', url, parameters })
  })

  it.each([
    ['<Response><Reject reason="busy"/></Response>', { kind: 'refused', reason: 'twiml_busy' }],
    ['<Response><Reject/></Response>', { kind: 'refused', reason: 'twiml_rejected' }],
    ['<Response><Say>All lines are busy.</Say></Response>', { kind: 'refused', reason: 'twiml_message' }],
    ['<Response></Response>', { kind: 'other' }],
  ])('%s', (twiml, expected) => {
    expect(readTwiml(twiml)).toEqual(expected)
  })
})
