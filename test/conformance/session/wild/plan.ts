import fc from 'fast-check'
import type { Transport } from 'realtime-primitives'

const plainActs = [
  'respond aside',
  'update',
  'interrupt',
  'create item',
  'delete item',
  'append',
  'commit',
  'clear',
  'drained',
  'connect',
  'rotate',
  'close',
  'wait',
  'abort',
  'read',
  'nothing',
] as const

const plainTurns = [
  'drop',
  'restore',
  'greet',
  'welcome', // restores, greets, and answers everything
  'begin',
  'end',
  'speech',
  'turn ends',
  'garbage',
  'odd',
  'give up',
  'fill', // the transport is slow from now on, until
  'empty',
  'half close', // it looks open, and takes nothing
] as const

/** What a user does, at any moment. */
export type Act =
  | { readonly kind: (typeof plainActs)[number] }
  | { readonly kind: 'respond'; readonly whenBusy: 'queue' | 'interrupt' | 'reject' }
  | { readonly kind: 'cancel' | 'enqueued' | 'played'; readonly which: number }

/** What the server and the network do. */
export type Turn =
  | { readonly kind: (typeof plainTurns)[number] }
  | { readonly kind: 'answer'; readonly verdicts: readonly Verdict[] }
  | { readonly kind: 'item' | 'sound'; readonly which: number }
  | { readonly kind: 'time'; readonly ms: number }

const turnKinds: ReadonlySet<string> = new Set([...plainTurns, 'answer', 'item', 'sound', 'time'])

export const isTurn = (step: Act | Turn): step is Turn => turnKinds.has(step.kind)

/** How the server answers one request. */
export type Verdict = 'yes' | 'begin' | 'no' | 'never' | 'conflict' | 'nameless conflict' | 'failed'

/** Everything that is decided beforehand. */
export interface Plan {
  readonly audio: Transport['audio']
  readonly joined: boolean
  readonly vad: boolean
  readonly opening: 'at once' | 'fails' | 'never'
  readonly config: boolean
  readonly rotates: boolean
  readonly responseTimeoutMs: number | undefined
  readonly steps: readonly (Act | Turn)[]
  /** What the listeners do, one after the other, again and again. */
  readonly reactions: readonly Act[]
}

const of = <Kind extends string>(...kinds: Kind[]) => fc.constantFrom(...kinds).map((kind) => ({ kind }))
const which = fc.nat({ max: 3 })

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: of('append') },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('respond' as const),
      whenBusy: fc.constantFrom('queue', 'interrupt', 'reject'),
    }),
  },
  { weight: 6, arbitrary: of('respond aside', 'update', 'interrupt', 'create item', 'delete item', 'commit') },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('cancel', 'enqueued', 'played'), which }) },
  { weight: 4, arbitrary: of('clear', 'drained', 'connect', 'wait', 'abort', 'read') },
  { weight: 1, arbitrary: of('rotate', 'close') },
)

const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  { weight: 6, arbitrary: fc.constant('yes') },
  { weight: 2, arbitrary: fc.constant('begin') },
  { weight: 3, arbitrary: fc.constantFrom('no', 'never', 'conflict', 'nameless conflict', 'failed') },
)

const turn: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 6, arbitrary: of('welcome') },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      verdicts: fc.array(verdict, { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 4, arbitrary: of('drop', 'restore', 'greet', 'end') },
  { weight: 4, arbitrary: of('begin', 'speech', 'turn ends', 'odd', 'garbage') },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('item', 'sound'), which }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(0, 20, 250, 2_000, 15_000) }),
  },
  { weight: 1, arbitrary: of('fill', 'empty', 'half close') },
)

/** Some 40 steps, with an end of the network now and then. */
export const wildPlan: fc.Arbitrary<Plan> = fc.record({
  audio: fc.constantFrom('events', 'events', 'media'),
  joined: fc.constantFrom(false, false, false, true),
  vad: fc.boolean(),
  opening: fc.constantFrom('at once', 'at once', 'at once', 'fails', 'never'),
  config: fc.boolean(),
  rotates: fc.boolean(),
  responseTimeoutMs: fc.constantFrom(undefined, 10_000),
  steps: fc.array(
    fc.oneof({ weight: 20, arbitrary: act }, { weight: 24, arbitrary: turn }, { weight: 1, arbitrary: of('give up') }),
    { minLength: 5, maxLength: 60, size: 'max' },
  ),
  reactions: fc.array(fc.oneof({ weight: 3, arbitrary: of('nothing') }, { weight: 2, arbitrary: act }), {
    minLength: 1,
    maxLength: 8,
  }),
})
