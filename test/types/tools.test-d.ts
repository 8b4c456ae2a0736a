import {
  createApprovals,
  isToolError,
  type RealtimeSession,
  runTools,
  type StandardSchema,
  type Stoppable,
  type Tool,
  type ToolContext,
  tool,
} from 'realtime-primitives'
import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'

declare const session: RealtimeSession
declare const foreign: StandardSchema<{ day: string }, { day: Date }>
declare const speaking: {
  readonly '~standard': StandardSchema<{ day: string }, { day: Date }>['~standard'] & {
    readonly jsonSchema: { input: (options: { readonly target: string }) => Record<string, unknown> }
  }
}

describe('the arguments of a tool', () => {
  test('are inferred from zod, after its transformations', () => {
    const parameters = z.object({ city: z.string(), days: z.number().default(1), at: z.string().transform(Number) })
    tool({
      name: 'weather',
      parameters,
      execute(args, context) {
        expectTypeOf(args).toEqualTypeOf<{ city: string; days: number; at: number }>()
        expectTypeOf(context).toEqualTypeOf<ToolContext>()
      },
      needsApproval(args) {
        expectTypeOf(args).toEqualTypeOf<{ city: string; days: number; at: number }>()
        return args.days > 3
      },
    })
  })

  test('are inferred from zod/mini', () => {
    tool({
      name: 'weather',
      parameters: mini.object({ city: mini.string(), days: mini.optional(mini.number()) }),
      execute: (args) => expectTypeOf(args).toEqualTypeOf<{ city: string; days?: number | undefined }>(),
    })
  })

  test('are inferred from any Standard Schema', () => {
    tool({
      name: 'plan',
      parameters: foreign,
      jsonSchema: { type: 'object' },
      execute: (args) => expectTypeOf(args).toEqualTypeOf<{ day: Date }>(),
    })
    tool({
      name: 'plan',
      parameters: speaking,
      execute: (args) => expectTypeOf(args).toEqualTypeOf<{ day: Date }>(),
    })
    // @ts-expect-error it does not say itself in JSON Schema, so jsonSchema is needed
    tool({ name: 'plan', parameters: foreign, execute: () => 1 })
  })

  test('are unknown for plain JSON Schema', () => {
    tool({
      name: 'a',
      parameters: { type: 'object', properties: {} },
      execute: (args) => expectTypeOf(args).toBeUnknown(),
    })
  })

  test('are an object of unknown fields without parameters', () => {
    tool({ name: 'b', execute: (args) => expectTypeOf(args).toEqualTypeOf<Record<string, unknown>>() })
    tool({ name: 'b', execute: ({ city }) => expectTypeOf(city).toBeUnknown() })
    tool({
      name: 'b',
      execute: ({ city }, { callId }) => [expectTypeOf(city).toBeUnknown(), expectTypeOf(callId).toBeString()],
      needsApproval: ({ city }) => {
        expectTypeOf(city).toBeUnknown()
        return true
      },
    })
  })
})

test('one array accepts tools of all kinds', () => {
  const one = tool({ name: 'one', parameters: z.object({ a: z.string() }), execute: ({ a }) => a })
  const two = tool({ name: 'two', parameters: z.object({ b: z.number() }), execute: ({ b }) => b })
  expectTypeOf([one, two]).toExtend<Tool[]>()
  const run = runTools(session, [one, two, { type: 'mcp', server_label: 'docs', server_url: 'https://docs.example' }])
  expectTypeOf(run).toExtend<Stoppable>()
  expectTypeOf(run.setTools([one])).toEqualTypeOf<Promise<void>>()
  run.on('settled', ({ call, durationMs }) => {
    expectTypeOf(call.arguments).toEqualTypeOf<string>()
    expectTypeOf(durationMs).toEqualTypeOf<number>()
  })
  // @ts-expect-error there is no such event
  run.on('finished', () => {})
})

test('tool: rejects invalid options at compile time', () => {
  // @ts-expect-error a tool needs a function
  tool({ name: 'a' })
  // @ts-expect-error there is no such scheduling
  tool({ name: 'a', execute: () => 1, scheduling: 'later' })
  // @ts-expect-error an approval is a yes, a no, or a question
  tool({ name: 'a', execute: () => 1, needsApproval: 'yes' })
})

test('narrowing the code of an error narrows its data', () => {
  const error: unknown = undefined
  if (isToolError(error, 'TIMEOUT')) expectTypeOf(error.data.timeoutMs).toEqualTypeOf<number>()
  if (isToolError(error, 'ABORTED'))
    expectTypeOf(error.data.reason).toEqualTypeOf<'interruption' | 'connection_lost' | 'stopped'>()
})

test('approve and reject return whether a request was decided', () => {
  const approvals = createApprovals()
  expectTypeOf(approvals.approve('id', { always: true })).toEqualTypeOf<boolean>()
  expectTypeOf(approvals.reject('id', 'why', { always: true })).toEqualTypeOf<boolean>()
})
