import { combineDetectors, detectCardNumbers, detectEmailAddresses, detectPhoneNumbers } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { redactStart, redactText, type TextDetector } from '../../../../src/internal/redaction/detector.js'

const redact = (text: string, detect: TextDetector) => redactText(text, detect)

describe('detectCardNumbers', () => {
  it.each([
    ['It is 4111111111111111.', 'It is [card number].'],
    ['It is 4111 1111 1111 1111 and 1234.', 'It is [card number] and 1234.'],
    ['4111-1111-1111-1111', '[card number]'],
    ['3782 822463 10005, please', '[card number], please'],
    ['4111, 1111, 1111, 1111', '[card number]'],
    ['Call 4155550123 4111 1111 1111 1111', 'Call 4155550123 [card number]'],
    ['four one one one one one one one one one one one one one one one', '[card number]'],
    ['４１１１１１１１１１１１１１１１', '[card number]'],
    ['٤١١١١١١١١١١١١١١١', '[card number]'],
  ])('finds the number in %j', (text, expected) => {
    expect(redact(text, detectCardNumbers)).toBe(expected)
  })

  it.each(['4111 1111 1111 1112', '1234567890', 'room 4111, 1111 guests, 1111 beds and 1111 more'])(
    'leaves %j',
    (text) => {
      expect(redact(text, detectCardNumbers)).toBe(text)
    },
  )
})

describe('detectPhoneNumbers', () => {
  it.each([
    ['Call (415) 555-0123.', 'Call [phone number].'],
    ['Call +1 415 555 0123.', 'Call [phone number].'],
    ['Call 4155550123!', 'Call [phone number]!'],
    ['Call 030/1234567', 'Call [phone number]'],
    ['Call 555-0123 now', 'Call [phone number] now'],
    ['my number is four one five five five five zero one two three', 'my number is [phone number]'],
    ['4155550123 4111111111111111', '[phone number] 4111111111111111'],
  ])('finds the number in %j', (text, expected) => {
    expect(redact(text, detectPhoneNumbers)).toBe(expected)
  })

  it.each(['2026-11-30', 'at 37.7749295', 'room 1234567', '25,000 or 1,000,000 people', '10:30'])(
    'leaves %j',
    (text) => {
      expect(redact(text, detectPhoneNumbers)).toBe(text)
    },
  )
})

describe('detectEmailAddresses', () => {
  it.each([
    ['Write to ada@example.com.', 'Write to [e-mail address].'],
    ['ada.lovelace+news@mail.example.co.uk, please', '[e-mail address], please'],
    ['It is ada dot lovelace at example dot com', 'It is [e-mail address]'],
    ['José@exämple.de', '[e-mail address]'],
  ])('finds the address in %j', (text, expected) => {
    expect(redact(text, detectEmailAddresses)).toBe(expected)
  })

  it.each(['I am at work', 'look at node.js', 'a @ b', 'user@host'])('leaves %j', (text) => {
    expect(redact(text, detectEmailAddresses)).toBe(text)
  })
})

describe('all detectors', () => {
  const detectAll = combineDetectors(detectCardNumbers, detectPhoneNumbers, detectEmailAddresses)

  it.each([
    ['digits', '4'],
    ['digits with separators', '4 '],
    ['number words', 'four '],
    ['separators', '- '],
    ['plus signs', '+'],
    ['at signs', '@'],
    ['local parts', 'a@'],
    ['domains', 'a@b.'],
    ['spoken domains', 'a dot '],
    ['spoken addresses', 'a at b dot '],
    ['percent signs', '%40'],
    ['letters', 'a'],
  ])('take linear time for long text of %s', (_name, piece) => {
    const steps = (length: number) => {
      const startedAt = process.cpuUsage().user
      detectAll(piece.repeat(Math.ceil(length / piece.length)))
      return process.cpuUsage().user - startedAt
    }
    steps(1_000)
    // Four times the text of a quadratic expression takes sixteen times as long. The margin allows for the garbage collector.
    const [short, long] = [steps(10_000), steps(40_000)]
    expect(long).toBeLessThan(Math.max(short, 20_000) * 12)
  })
})

describe('redactText', () => {
  const detectAda: TextDetector = (text) =>
    [...text.matchAll(/Ada/g)].map(({ index }) => ({ start: index, end: index + 3, kind: 'name' }))

  it('decodes JSON in a text, at every depth, and its names', () => {
    const inner = '{"note":"\\u0041da"}'
    const text = JSON.stringify({ Ada: [inner, { who: 'Ada' }], total: 3 })
    expect(redactText(text, detectAda)).toBe('{"[name]":["{\\"note\\":\\"[name]\\"}",{"who":"[name]"}],"total":3}')
  })

  it('leaves JSON without a match as it is written', () => {
    expect(redactText('{ "a" : 1.0 }', detectAda)).toBe('{ "a" : 1.0 }')
  })

  it('finds numbers in JSON that are not strings', () => {
    expect(redactText('{"card":4111111111111111}', detectCardNumbers)).toBe('{"card":[card number]}')
  })

  it('hides the whole text when a detector throws or returns something else', () => {
    const broken: TextDetector[] = [
      () => {
        throw new Error('no')
      },
      () => undefined as never,
      () => [
        { start: 0, end: Number.NaN, kind: 'x' },
        { start: -1, end: 2, kind: 'x' },
      ],
      () => [{ start: 0.5, end: 2, kind: 'x' }],
    ]
    for (const detect of broken) expect(redactText('Ada Lovelace', detect)).toBe('[12 chars]')
  })

  it('joins overlapping matches', () => {
    const detect = combineDetectors(
      () => [{ start: 2, end: 6, kind: 'b' }],
      () => [{ start: 0, end: 4, kind: 'a' }],
    )
    expect(redactText('01234567', detect)).toBe('[a]67')
  })
})

describe('redactStart', () => {
  it('finds a match that the end of the start cuts', () => {
    expect(redactStart('It is 4111 1111 1111 1111.', 'It is 4111 1111', detectCardNumbers)).toBe('It is [card number]')
  })
})
