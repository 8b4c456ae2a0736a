import type { ClientEventMap } from '../protocol/client-events.js'
import type { UnknownEvent } from '../protocol/codec.js'
import type { ServerEventMap } from '../protocol/server-events.js'
import type { eventRenames } from './renames/event-types.js'

type EventRename = (typeof eventRenames)[number]
type EventMap = ClientEventMap & ServerEventMap

type Each<Name> = Name extends readonly string[] ? Name[number] : Name

/** The types that an event of the beta has in GA, by its type there: `response.text.delta` is `response.output_text.delta`. */
export type GAType<Type extends string> = string extends Type
  ? keyof EventMap
  : Type extends EventRename['from']
    ? Each<Extract<EventRename, { from: Type }>['to']>
    : Type

/** The GA events that an event of the beta becomes, by its type; without one, any event, known or not. */
export type GAEvent<Type extends string = string> = string extends Type
  ? EventMap[keyof EventMap] | UnknownEvent
  : GAType<Type> extends infer New
    ? New extends keyof EventMap
      ? EventMap[New]
      : UnknownEvent
    : never

type Reversible = Exclude<EventRename, { isReversible: false }>
type OldType<Type> = Reversible extends infer Entry
  ? Entry extends { from: infer From; to: infer To }
    ? Type extends Each<To>
      ? From
      : never
    : never
  : never

/** The types that an event of GA may have in the beta. `session.updated` has two: it depends on the type of the session. */
export type BetaType<Type extends string> = string extends Type
  ? string
  : [OldType<Type>] extends [never]
    ? Type
    : OldType<Type> | (Type extends `session.${string}` ? Type : never)

/** An event in the words of the beta. Its fields are those of the published types of that time, and are not checked. */
export interface BetaEvent<Type extends string = string> {
  readonly type: Type
  readonly event_id?: string
  readonly [field: string]: unknown
}
