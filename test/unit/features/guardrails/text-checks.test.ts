import { createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import type {
  Guardrail,
  GuardrailFailed,
  GuardrailInput,
  GuardrailTripped,
  Verdict,
} from '../../../../src/features/guardrails/guardrail.js'
import { createSentenceBoundary, type Granularity } from '../../../../src/features/guardrails/sentence-boundary.js'
import { createChecks } from '../../../../src/features/guardrails/text-checks.js'
import { createDeferred, type Deferred } from '../../../../src/internal/deferred.js'
import { settle } from '../../../support/peer.js'

const part = { responseId: 'r', itemId: 'i', contentIndex: 0 }
const passes = { tripped: false } as const

/** A guardrail whose verdicts are in the hands of the test. */
function manual(options: Partial<Guardrail> = {}) {
  const asked: (GuardrailInput & { verdict: Deferred<Verdict> })[] = []
  const guardrail: Guardrail = {
    name: 'manual',
    check(input) {
      const verdict = createDeferred<Verdict>()
      asked.push({ ...input, verdict })
      return verdict.promise
    },
    ...options,
  }
  return { guardrail, asked, texts: () => asked.map(({ text }) => text) }
}

function setUp(
  guardrails: readonly Guardrail[],
  {
    granularity = 'words',
    debounceMs = 0,
    judgesWordless = false,
  }: {
    granularity?: Granularity
    debounceMs?: number
    judgesWordless?: boolean
  } = {},
) {
  const clock = createManualClock()
  const passed: [number, boolean][] = []
  const tripped: GuardrailTripped[] = []
  const failed: GuardrailFailed[] = []
  const checks = createChecks({
    clock,
    guardrails,
    sentenceBoundary: createSentenceBoundary(granularity),
    debounceMs,
    judgesWordless,
    onPassed: (_part, length, isFinal) => passed.push([length, isFinal]),
    onTripped: (trip) => tripped.push(trip),
    onFailed: (event) => failed.push(event),
  })
  const add = (...deltas: string[]) => {
    for (const delta of deltas) checks.add(part, 'transcript', delta)
  }
  return { clock, checks, add, passed, tripped, failed }
}

const spoken = ['Mr', '. Jones', ' paid', ' 3', '.', '5', ' euros', '.', ' Then', ' he', ' left', '.']

describe('granularity', () => {
  async function textsOf(granularity: Granularity): Promise<string[]> {
    const texts: string[] = []
    const check = ({ text }: GuardrailInput) => {
      texts.push(text)
      return passes
    }
    const { checks, add } = setUp([{ name: 'log', check }], { granularity })
    for (const delta of spoken) {
      add(delta)
      await settle()
    }
    checks.finish(part, 'transcript', spoken.join(''))
    await settle()
    return texts
  }

  it('sentence: checks whole sentences, which end where the next one starts', async () => {
    const texts = await textsOf('sentence')
    expect(texts).toContain('Mr. Jones paid 3.5 euros. ')
    expect(texts.every((text) => !text.endsWith('3.'))).toBe(true)
    expect(texts.at(-1)).toBe('Mr. Jones paid 3.5 euros. Then he left.')
  })

  it('word: checks whole words', async () => {
    const texts = await textsOf('words')
    const whole = spoken.join('')
    for (const { length } of texts) expect(whole.slice(length - 1, length + 1)).not.toMatch(/\p{L}\p{L}/u)
    expect(texts.length).toBeGreaterThan(5)
  })

  it('finds sentences and words in a runtime without Intl.Segmenter', async () => {
    const { Segmenter } = Intl
    Reflect.deleteProperty(Intl, 'Segmenter')
    try {
      const sentences = await textsOf('sentence')
      expect(sentences).toContain('Mr. Jones paid 3.5 euros. ')
      expect(sentences.every((text) => !text.endsWith('3.'))).toBe(true)
      const words = await textsOf('words')
      for (const { length } of words) expect(spoken.join('').slice(length - 1, length + 1)).not.toMatch(/\p{L}\p{L}/u)
      expect(words.length).toBeGreaterThan(5)
      expect(createSentenceBoundary('sentence')('and on '.repeat(100), 0)).toBeGreaterThan(690)
      expect(createSentenceBoundary('sentence')('一。二。三', 0)).toBe(4)
    } finally {
      Object.assign(Intl, { Segmenter })
    }
  })

  it('number: checks that many characters', async () => {
    expect((await textsOf(10)).map(({ length }) => length)).toEqual([14, 24, 38, 39])
  })

  it('sentence: falls back to words in a sentence without an end', () => {
    const endless = 'and on '.repeat(100)
    expect(createSentenceBoundary('sentence')(endless, 0)).toBeGreaterThan(690)
    expect(createSentenceBoundary('sentence')(endless.slice(0, 200), 0)).toBe(0)
  })

  it.each([0, -1, 1.5, Number.NaN])('rejects %s characters', (granularity) => {
    expect(() => createSentenceBoundary(granularity)).toThrow(
      'The option "granularity" must be "sentence", "words", or a whole number of characters of at least 1.',
    )
  })
})

describe('checks', () => {
  it('run one at a time while text streams, then on the latest text, and the last one in parallel', async () => {
    const { guardrail, asked, texts } = manual()
    const { checks, add, passed } = setUp([guardrail])
    add('One ', 'two ', 'three ', 'four')
    await settle()
    expect(texts()).toEqual(['One'])
    asked[0]?.verdict.resolve(passes)
    await settle()
    expect(texts()).toEqual(['One', 'One two three '])
    checks.finish(part, 'transcript', 'One two three four')
    await settle()
    expect(texts()).toEqual(['One', 'One two three ', 'One two three four'])
    expect(asked.map(({ isFinal }) => isFinal)).toEqual([false, false, true])
    asked[2]?.verdict.resolve(passes)
    asked[1]?.verdict.resolve(passes)
    await settle()
    expect(passed).toEqual([
      [3, false],
      [18, true],
      [14, false],
    ])
  })

  it('wait debounceMs for more text, and leave no timer', async () => {
    const { guardrail, texts } = manual()
    const { clock, checks, add } = setUp([guardrail], { debounceMs: 100 })
    add('One ', 'two ')
    await clock.advance(60)
    add('three ')
    expect(texts()).toEqual([])
    await clock.advance(40)
    expect(texts()).toEqual(['One two three'])
    add('four ')
    checks.finish(part, 'transcript', 'One two three four')
    await settle()
    expect(texts()).toEqual(['One two three', 'One two three four'])
    checks.clear()
    expect(clock.pending).toBe(0)
  })

  it('ignore late text of a response that was cleared, and check the next response', async () => {
    const { guardrail, texts } = manual()
    const { checks, add } = setUp([guardrail])
    add('One ', 'two ')
    checks.clear()
    add('three ')
    checks.finish(part, 'transcript', 'One two three')
    await settle()
    expect(texts()).toEqual(['One'])
    checks.finish({ ...part, responseId: 'next' }, 'transcript', 'Four')
    await settle()
    expect(texts()).toEqual(['One', 'Four'])
  })

  it('run all guardrails in parallel, and the first that trips stops the response', async () => {
    const slow = manual({ name: 'slow' })
    const quick = manual({ name: 'quick' })
    const { checks, add, tripped, passed } = setUp([slow.guardrail, quick.guardrail])
    add('Bad ', 'word ')
    await settle()
    quick.asked[0]?.verdict.resolve({ tripped: true, info: 7 })
    await settle()
    expect(tripped).toMatchObject([{ guardrail: 'quick', info: 7, text: 'Bad', isFinal: false, reason: 'verdict' }])
    expect(slow.asked[0]?.signal.aborted).toBe(true)
    slow.asked[0]?.verdict.resolve({ tripped: true })
    add('more ')
    checks.finish(part, 'transcript', 'Bad word more')
    checks.add({ ...part, itemId: 'other' }, 'text', 'Bad again, ')
    await settle()
    expect(tripped).toHaveLength(1)
    expect(passed).toEqual([])
    expect(slow.asked).toHaveLength(1)
  })

  it('do not affect other responses', async () => {
    const { guardrail, asked } = manual()
    const { checks, add, tripped, passed } = setUp([guardrail])
    add('Bad ', 'word')
    checks.finish({ ...part, responseId: 's' }, 'transcript', 'Good.')
    await settle()
    asked[0]?.verdict.resolve({ tripped: true })
    asked[1]?.verdict.resolve(passes)
    await settle()
    expect(tripped.map(({ responseId }) => responseId)).toEqual(['r'])
    expect(passed).toEqual([[5, true]])
  })

  it('include an unfinished sentence when its response is done', async () => {
    const { guardrail, asked } = manual()
    const { checks, add, passed } = setUp([guardrail], { granularity: 'sentence' })
    add('Half a sen')
    checks.end('r')
    await settle()
    expect(asked).toMatchObject([{ text: 'Half a sen', isFinal: true }])
    asked[0]?.verdict.resolve(passes)
    await settle()
    expect(passed).toEqual([[10, true]])
  })

  it('do not set isLast when more text has arrived', async () => {
    const { guardrail, asked } = manual()
    const { checks, add, passed } = setUp([guardrail])
    checks.finish(part, 'transcript', 'Good.')
    add(' Bad')
    await settle()
    asked[0]?.verdict.resolve(passes)
    await settle()
    expect(passed).toEqual([[5, false]])
  })

  it('pass without guardrails', async () => {
    const { checks, passed } = setUp([])
    checks.finish(part, 'transcript', 'Anything.')
    await settle()
    expect(passed).toEqual([[9, true]])
  })

  it('of empty text run only when there is audio, and follow the policy', async () => {
    const { guardrail, asked } = manual()
    const silent = setUp([guardrail])
    silent.checks.finish(part, 'transcript', '')
    const closed = setUp([guardrail], { judgesWordless: true })
    closed.checks.finish(part, 'transcript', ' ')
    const open = setUp([{ ...guardrail, onFailure: 'open' }], { judgesWordless: true })
    open.checks.finish(part, 'transcript', '')
    await settle()
    expect(asked).toEqual([])
    expect(silent.passed).toEqual([[0, true]])
    expect(closed.tripped).toMatchObject([{ reason: 'no words' }])
    expect(open.passed).toEqual([[0, true]])
    expect(open.failed).toMatchObject([{ guardrail: 'manual', reason: 'no words' }])
  })
})

describe('a guardrail without a verdict', () => {
  const failure = new Error('the words were: swordfish')
  const broken: Record<string, Partial<Guardrail>> = {
    threw: {
      check() {
        throw failure
      },
    },
    deadline: { check: () => new Promise<never>(() => {}), deadlineMs: 500 },
    'no verdict': { check: () => undefined as unknown as Verdict },
  }

  it.each(Object.entries(broken))("counts as tripped with onFailure 'closed': %s", async (reason, options) => {
    const { clock, checks, tripped } = setUp([manual({ name: 'broken', ...options }).guardrail])
    checks.finish(part, 'transcript', 'swordfish')
    await clock.advance(499)
    expect(tripped).toHaveLength(reason === 'deadline' ? 0 : 1)
    await clock.advance(1)
    expect(tripped).toMatchObject([{ reason, failure: reason === 'threw' ? failure : undefined }])
    const [trip] = tripped
    expect(trip?.error.code).toBe('TRIPPED')
    expect(JSON.stringify(trip?.error.data) + trip?.error.message + trip?.error.stack).not.toContain('swordfish')
    expect(trip?.error.cause).toBeUndefined()
    expect(clock.pending).toBe(0)
  })

  it.each(Object.entries(broken))("passes with onFailure 'open', and reports it: %s", async (reason, options) => {
    const { clock, checks, tripped, passed, failed } = setUp([manual({ onFailure: 'open', ...options }).guardrail])
    checks.finish(part, 'transcript', 'swordfish')
    await clock.advance(500)
    expect(tripped).toEqual([])
    expect(passed).toEqual([[9, true]])
    expect(failed).toMatchObject([{ guardrail: 'manual', reason, responseId: 'r', itemId: 'i' }])
  })

  it('has its signal aborted', async () => {
    const { guardrail, asked } = manual({ deadlineMs: 500 })
    const { clock, checks } = setUp([guardrail])
    checks.finish(part, 'transcript', 'Hello.')
    await clock.advance(499)
    expect(asked[0]?.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(asked[0]?.signal.aborted).toBe(true)
    const later = setUp([guardrail])
    later.checks.finish(part, 'transcript', 'Hello.')
    await settle()
    later.checks.clear()
    await settle()
    expect(asked[1]?.signal.aborted).toBe(true)
    expect(later.tripped).toEqual([])
    expect(later.clock.pending).toBe(0)
  })

  it.each([
    ['verdict', 'tripped'],
    ['threw', 'tripped, because its check threw an error and its onFailure is "closed"'],
  ] as const)('is named in the error message: %s', async (reason, words) => {
    const check = () => {
      if (reason === 'threw') throw failure
      return { tripped: true as const }
    }
    const { checks, tripped } = setUp([{ name: 'prices', check }])
    checks.finish(part, 'transcript', 'x')
    await settle()
    expect(tripped[0]?.error.shortMessage).toBe(
      `The guardrail "prices" ${words} (response r, item i). Read the text in the event that contains this error.`,
    )
  })
})
