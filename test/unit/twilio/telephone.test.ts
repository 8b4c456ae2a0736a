import { createManualClock, createTelephone, socketPair } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../support/peer.js'

function setUp() {
  const clock = createManualClock()
  const [near, far] = socketPair()
  const got: Json[] = []
  near.addEventListener('message', ({ data }) => got.push(JSON.parse(String(data))))
  const phone = createTelephone(far, { clock, customParameters: { tier: 'gold' } })
  const { streamSid } = phone
  return {
    clock,
    near,
    far,
    got,
    phone,
    send: (message: object) => near.send(JSON.stringify({ streamSid, ...message })),
    media: (bytes: Uint8Array) => ({ event: 'media', media: { payload: Buffer.from(bytes).toString('base64') } }),
    mark: (name: string) => ({ event: 'mark', mark: { name } }),
    marks: () => got.filter(({ event }) => event === 'mark').map(({ mark }) => (mark as { name: string }).name),
  }
}

const sound = (ms: number, value = 1) => new Uint8Array(ms * 8).fill(value)

describe('createTelephone', () => {
  it('sends the messages of Twilio', async () => {
    const { clock, got, phone } = setUp()
    phone.call()
    const said = phone.say(sound(30, 5))
    await clock.advance(60)
    await said
    phone.press('#')
    phone.hangUp()
    await clock.advance(1)
    expect(got.map(({ event }) => event)).toEqual(['connected', 'start', 'media', 'media', 'media', 'dtmf', 'stop'])
    expect(got.slice(1).map(({ sequenceNumber }) => sequenceNumber)).toEqual(['1', '2', '3', '4', '5', '6'])
    expect(got[1]).toMatchObject({
      streamSid: phone.streamSid,
      start: { callSid: phone.callSid, customParameters: { tier: 'gold' }, mediaFormat: { encoding: 'audio/x-mulaw' } },
    })
    expect(got[4]).toMatchObject({ media: { track: 'inbound', chunk: '3', timestamp: '40' } })
    expect(phone.streamSid).toMatch(/^MZ[0-9a-f]{32}$/)
    expect([...new Set(phone.sent())]).toEqual([5, 0xff])
    expect(phone.sent()).toHaveLength(480)
  })

  it('plays audio at the pace of speech, and returns marks when they are reached', async () => {
    const { clock, phone, send, media, mark, marks } = setUp()
    phone.call()
    send(mark('before'))
    send(media(sound(30)))
    send(mark('a'))
    send(media(sound(30, 2)))
    send(mark('b'))
    await clock.advance(20)
    expect(marks()).toEqual(['before'])
    expect([phone.playedMs, phone.waitingMs]).toEqual([20, 40])
    await clock.advance(20)
    expect(marks()).toEqual(['before', 'a'])
    await clock.advance(60)
    expect(marks()).toEqual(['before', 'a', 'b'])
    const heard = phone.played()
    expect(heard).toHaveLength(800)
    expect([heard[239], heard[240], heard[479], heard[480]]).toEqual([1, 2, 2, 0xff])
    expect(phone.playedMs).toBe(60)
  })

  it('clear: drops waiting audio and returns its marks', async () => {
    const { clock, phone, send, media, mark, marks } = setUp()
    phone.call()
    send(media(sound(1000)))
    send(mark('a'))
    send({ event: 'clear' })
    await clock.advance(100)
    expect(marks()).toEqual(['a'])
    expect([phone.playedMs, phone.waitingMs, phone.clears]).toEqual([0, 0, 1])
  })

  it('rejected: lists messages that Twilio would ignore, with the reason', async () => {
    const { clock, near, phone, send, media } = setUp()
    phone.call()
    near.send('rubbish')
    send({ ...media(sound(20)), streamSid: 'MZ0' })
    near.send(JSON.stringify({ event: 'clear' }))
    send({ event: 'media', media: { payload: 'AAAAA' } })
    send({ event: 'play', url: 'x' })
    await clock.advance(20)
    expect(phone.rejected).toEqual([
      'the message must be JSON',
      'streamSid must be that of the stream',
      'streamSid must be a string',
      'media.payload must be base64',
      'event must be "media" or "mark" or "clear"',
    ])
    expect(phone.playedMs).toBe(0)
  })

  it('rejects pending waits when the call ends', async () => {
    const { clock, phone, send, media } = setUp()
    phone.call()
    send(media(sound(100)))
    const played = phone.waitFor(() => phone.playedMs >= 60)
    const thrown = phone.waitFor(() => {
      throw new Error('mine')
    })
    const never = phone.waitFor(() => false)
    await clock.advance(60)
    await played
    await expect(thrown).rejects.toThrow('mine')
    const unsaid = phone.say(sound(500))
    phone.drop()
    await unsaid
    await expect(never).rejects.toThrow('The call is over.')
    await expect(phone.waitFor(() => true)).rejects.toThrow('The call is over.')
    await clock.advance(1)
    expect(phone.isOver).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('ends when the socket closes, and releases everything', async () => {
    const { clock, near, far, phone } = setUp()
    phone.call()
    await clock.advance(50)
    near.close()
    await clock.advance(1)
    expect(phone.isOver).toBe(true)
    expect(far.listenerCount).toBe(0)
    expect(clock.pending).toBe(0)
    phone.press('1')
    phone.hangUp()
  })
})
