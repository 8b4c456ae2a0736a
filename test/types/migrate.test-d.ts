import type { RealtimeClientEvent, RealtimeServerEvent } from 'openai/resources/beta/realtime/realtime'
import {
  type BetaType,
  type GAEvent,
  type GAType,
  isMigrationError,
  type Migration,
  type MigrationError,
  renames,
  toBeta,
  toGA,
  upgradeLog,
} from 'realtime-primitives/migrate'
import type {
  ClientEvent,
  ClientEventType,
  ConversationItemAddedEvent,
  ConversationItemDoneEvent,
  ResponseOutputTextDeltaEvent,
  ServerEvent,
  ServerEventType,
  SessionUpdateEvent,
  UnknownEvent,
} from 'realtime-primitives/protocol'
import { expectTypeOf, test } from 'vitest'

test('every event of the published beta types has a type in GA', () => {
  expectTypeOf<GAType<RealtimeServerEvent['type']>>().toExtend<ServerEventType>()
  expectTypeOf<GAType<RealtimeClientEvent['type']>>().toExtend<ClientEventType>()
})

test('toGA accepts an event of the published beta types', () => {
  expectTypeOf(toGA).toBeCallableWith({} as RealtimeServerEvent)
  expectTypeOf(toGA).toBeCallableWith({} as RealtimeClientEvent)
})

test('the beta type determines the GA type', () => {
  expectTypeOf(toGA({ type: 'response.text.delta' })).toEqualTypeOf<Migration<ResponseOutputTextDeltaEvent>>()
  expectTypeOf(toGA({ type: 'transcription_session.update' })).toEqualTypeOf<Migration<SessionUpdateEvent>>()
  expectTypeOf(toGA({ type: 'response.sung' })).toEqualTypeOf<Migration<UnknownEvent>>()
  expectTypeOf<GAEvent<'conversation.item.created'>>().toEqualTypeOf<
    ConversationItemAddedEvent | ConversationItemDoneEvent
  >()
})

test('an event of unknown type becomes any GA event', () => {
  expectTypeOf(toGA(JSON.parse('{}') as unknown)).toEqualTypeOf<Migration<GAEvent>>()
  expectTypeOf<GAEvent>().toEqualTypeOf<ClientEvent | ServerEvent | UnknownEvent>()
})

test('the GA type determines the beta type', () => {
  expectTypeOf<BetaType<'response.output_audio.delta'>>().toEqualTypeOf<'response.audio.delta'>()
  expectTypeOf<BetaType<'session.updated'>>().toEqualTypeOf<'session.updated' | 'transcription_session.updated'>()
  expectTypeOf<BetaType<'conversation.item.added'>>().toEqualTypeOf<'conversation.item.created'>()
  expectTypeOf<BetaType<'response.done'>>().toEqualTypeOf<'response.done'>()
  const migration = toBeta({ type: 'response.output_text.done' })
  if (migration.kind === 'events')
    expectTypeOf(migration.events[0]?.type).toEqualTypeOf<'response.text.done' | undefined>()
})

test('narrowing the kind of a migration narrows its result', () => {
  const migration = toGA({ type: 'response.done' })
  // @ts-expect-error: there may be no events
  migration.events
  if (migration.kind === 'none') expectTypeOf(migration.error.data.reason).toEqualTypeOf<string>()
})

test('narrowing the code of an error narrows its data', () => {
  const error: unknown = undefined
  if (isMigrationError(error, 'BROKEN_LINE')) expectTypeOf(error).toEqualTypeOf<MigrationError<'BROKEN_LINE'>>()
  // @ts-expect-error: no such code
  isMigrationError(error, 'BROKEN')
})

test('upgradeLog accepts text and lines', () => {
  expectTypeOf(upgradeLog).toBeCallableWith('')
  expectTypeOf(upgradeLog).toBeCallableWith(['', ''])
})

test('the table of renames is readonly', () => {
  const [rename] = renames
  // @ts-expect-error: read only
  if (rename) rename.from = ''
})
