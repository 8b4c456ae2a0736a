import fc from 'fast-check'
import { isRealtimeError } from 'realtime-primitives'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { wildPlan } from './wild/plan.js'
import { live, type Story } from './wild/story.js'

/** What is wrong with a story; nothing, if the law holds. */
type Law = (story: Story) => readonly unknown[]

const twice = (values: readonly unknown[]) =>
  values.filter((value, index) => value !== undefined && values.indexOf(value) !== index)

const laws: Readonly<Record<string, Law>> = {
  'every promise settles, at the latest with the session': ({ unsettled }) => unsettled,

  'a signal ends the wait that it was given to, at once, and no other': ({ deaf, pledges }) => [
    ...deaf,
    ...pledges.filter(
      ({ error, signal }) => error instanceof Error && error.message === 'given up' && signal?.reason !== error,
    ),
  ],

  'errors are those of the library': ({ pledges, thrown }) => [
    ...thrown,
    ...pledges.flatMap(({ error, signal }) =>
      error === undefined || isRealtimeError(error) || error === signal?.reason ? [] : [error],
    ),
  ],

  'no response runs when the session has ended': ({ final, openResponses }) => [
    ...openResponses,
    ...(final.responses.activeId === undefined ? [] : [final.responses.activeId]),
  ],

  'sound that no turn took is told to the next server, or reported as dropped': ({ lostSound, droppedAppends }) =>
    lostSound.slice(droppedAppends),

  'sound is told in its order, and once to each server': ({ connections }) =>
    connections.flatMap(({ heard }) => {
      const sounds = heard.filter(({ type }) => type === 'input_audio_buffer.append').map(({ audio }) => String(audio))
      const order = sounds.map((sound) => Number(Buffer.from(sound, 'base64').toString()))
      return order.filter((place, index) => index > 0 && place <= (order[index - 1] ?? 0))
    }),

  'what was known is told to the next server, or reported as lost': ({ reports, plan }) =>
    plan.joined
      ? []
      : reports.flatMap(({ known, told, lost }) => known.filter((id) => !told.includes(id) && !lost.includes(id))),

  'the state is what the reducer makes of the events': ({ astray }) => astray.slice(0, 1),

  'events come out in the order in which they came in': ({ said, read, listened }) => {
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

  'nothing is sent before the greeting, and nothing but the configuration before that is in force': ({
    connections,
    plan,
  }) =>
    connections.flatMap(({ heard, greetedAt, configuredAt }) => [
      ...(plan.joined ? [] : heard.slice(0, greetedAt)),
      ...(plan.config ? heard.slice(0, configuredAt).slice(1) : []),
      ...(plan.config && heard.length > 0 && heard[0]?.type !== 'session.update' ? [heard[0]] : []),
    ]),

  'nothing is sent twice to the same server': ({ connections }) =>
    connections.flatMap(({ heard }) => [
      ...twice(heard.map(({ event_id }) => event_id)),
      ...twice(
        heard.map(({ item, type }) => (type === 'conversation.item.create' ? (item as { id?: string }).id : undefined)),
      ),
    ]),

  'a session that is open can be asked': ({ isStuck }) => (isStuck ? ['nothing could be asked any more'] : []),

  'the end is told once, and nothing after it': ({ closes, late }) =>
    closes === 1 ? late : [`closed ${closes} times`],

  'no timer and no listener is left': ({ timers, listeners }) => [
    ...(timers === 0 ? [] : [`${timers} timers`]),
    ...(listeners === 0 ? [] : [`${listeners} listeners`]),
  ],
}

/** More by hand, such as `SESSION_LAW_RUNS=10000`. */
const numRuns = Number(process.env.SESSION_LAW_RUNS ?? 300)

describe('whatever a user, a server and a network do,', () => {
  const reported: unknown[] = []

  beforeEach(() => {
    reported.length = 0
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
  })
  afterEach(() => vi.unstubAllGlobals())

  // A law that breaks says with which seed, and the shortest story that breaks it.
  it.each(Object.entries(laws))(
    '%s',
    async (_name, law) => {
      await fc.assert(
        fc.asyncProperty(wildPlan, async (plan) => {
          expect(law(await live(plan))).toEqual([])
          expect(reported).toEqual([])
        }),
        { numRuns },
      )
    },
    1_200_000,
  )
})
