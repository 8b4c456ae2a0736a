import fc from 'fast-check'
import { isRealtimeError } from 'realtime-primitives'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runs, seedOfRuns } from '../../support/runs.js'
import { type Plan, wildPlan } from './wild/plan.js'
import { live, type Story } from './wild/story.js'

/** What is wrong with a story; nothing, if the law holds. */
type Law = (story: Story) => readonly unknown[]

const twice = (values: readonly unknown[]) =>
  values.filter((value, index) => value !== undefined && values.indexOf(value) !== index)

const laws: Readonly<Record<string, Law>> = {
  'every promise settles, at the latest when the session closes': ({ unsettled }) => unsettled,

  'an aborted signal rejects its own call at once, and no other': ({ deaf, pledges }) => [
    ...deaf,
    ...pledges.filter(
      ({ error, signal }) => error instanceof Error && error.message === 'given up' && signal?.reason !== error,
    ),
  ],

  'all errors are library errors or abort reasons': ({ pledges, thrown }) => [
    ...thrown,
    ...pledges.flatMap(({ error, signal }) =>
      error === undefined || isRealtimeError(error) || error === signal?.reason ? [] : [error],
    ),
  ],

  'no response runs after the session has closed': ({ final, openResponses }) => [
    ...openResponses,
    ...(final.responses.activeId === undefined ? [] : [final.responses.activeId]),
  ],

  'uncommitted audio is sent to the next server or reported as dropped': ({ lostSound, droppedAppends }) =>
    lostSound.slice(droppedAppends),

  'audio is sent in order, and once to each server': ({ connections }) =>
    connections.flatMap(({ sentEvents }) => {
      const sounds = sentEvents
        .filter(({ type }) => type === 'input_audio_buffer.append')
        .map(({ audio }) => String(audio))
      const order = sounds.map((sound) => Number(Buffer.from(sound, 'base64').toString()))
      return order.filter((place, index) => index > 0 && place <= (order[index - 1] ?? 0))
    }),

  'known items are restored on the next server or reported as lost': ({ reports, plan }) =>
    plan.joined
      ? []
      : reports.flatMap(({ known, told, lost }) => known.filter((id) => !told.includes(id) && !lost.includes(id))),

  'the state equals the reduced events': ({ astray }) => astray.slice(0, 1),

  'events are emitted in the order of their arrival': ({ said, read, listened }) => {
    const heard = said.filter(
      (event) => !/^(error|conversation.item.truncated|input_audio_buffer.cleared) /.test(event),
    )
    // Whoever ends the session in the middle of an event keeps it from those who would hear of it later.
    const missing = heard.length - listened.length
    return [
      ...said.filter((event, index) => read[index] !== event),
      ...listened.filter((event, index) => heard[index] !== event),
      ...(missing > 1 ? [`${missing} events were heard by nobody`] : []),
    ]
  },

  'no event is sent before session.created, and only the configuration before session.updated': ({
    connections,
    plan,
  }) =>
    connections.flatMap(({ sentEvents, greetedAt, configuredAt }) => [
      ...(plan.joined ? [] : sentEvents.slice(0, greetedAt)),
      ...(plan.config ? sentEvents.slice(0, configuredAt).slice(1) : []),
      ...(plan.config && sentEvents.length > 0 && sentEvents[0]?.type !== 'session.update' ? [sentEvents[0]] : []),
    ]),

  'no event or item is sent twice to the same server': ({ connections }) =>
    connections.flatMap(({ sentEvents, refused }) => [
      ...twice(sentEvents.map(({ event_id }) => event_id)),
      // An item of the history that was refused may be sent again, with another position.
      ...twice(
        sentEvents.map(({ item, type, event_id }) =>
          type === 'conversation.item.create' && !refused.has(event_id) ? (item as { id?: string }).id : undefined,
        ),
      ),
    ]),

  'an open session responds to requests': ({ isStuck }) => (isStuck ? ['nothing could be asked any more'] : []),

  'close is emitted once, and no event follows': ({ closes, late }) =>
    closes === 1 ? late : [`closed ${closes} times`],

  'no timer and no listener remains': ({ timers, listeners }) => [
    ...(timers === 0 ? [] : [`${timers} timers`]),
    ...(listeners === 0 ? [] : [`${listeners} listeners`]),
  ],
}

const numRuns = runs({ usual: 500, certify: 10_000 })
/** The same for all laws, so that each plan runs once and all laws are checked on its story. */
const seed = seedOfRuns()

interface Verdict {
  /** What breaks each law. */
  readonly breaches: Readonly<Record<string, readonly unknown[]>>
  /** Errors that reached the host. */
  readonly reported: readonly unknown[]
}

describe('random steps of user, server, and network:', () => {
  const reported: unknown[] = []
  const verdicts = new Map<string, Verdict>()

  beforeEach(() => {
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
  })
  afterEach(() => vi.unstubAllGlobals())

  async function judge(plan: Plan): Promise<Verdict> {
    const key = fc.stringify(plan)
    const known = verdicts.get(key)
    if (known) return known
    reported.length = 0
    const story = await live(plan)
    const breaches = Object.fromEntries(Object.entries(laws).map(([name, law]) => [name, law(story)]))
    const verdict = { breaches, reported: [...reported] }
    verdicts.set(key, verdict)
    return verdict
  }

  // A failure names the seed and the shortest plan that breaks the law. `SEED=123` replays it.
  it.each(Object.keys(laws))(
    '%s',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(wildPlan, async (plan) => {
          const verdict = await judge(plan)
          expect(verdict.breaches[name]).toEqual([])
          expect(verdict.reported).toEqual([])
        }),
        { numRuns, seed },
      )
    },
    1_800_000,
  )
})
