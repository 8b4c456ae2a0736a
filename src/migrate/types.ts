import type { ClientEventMap } from '../protocol/client-events.js'
import type { UnknownEvent } from '../protocol/codec.js'
import type { ServerEventMap } from '../protocol/server-events.js'
import type { eventRenames } from './renames/event-types.js'

type EventRename = (typeof eventRenames)[number]
type EventMap = ClientEventMap & ServerEventMap

type Each<Name> = Name extends readonly string[] ? Name[number] : Name

/** The GA types of a beta event, by its beta type: `response.text.delta` becomes `response.output_text.delta`. */
export type GAType<Type extends string> = string extends Type
  ? keyof EventMap
  : Type extends EventRename['from']
    ? Each<Extract<EventRename, { from: Type }>['to']>
    : Type

/** The GA events of a beta event, by its beta type. Without a type argument, any event, known or unknown. */
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

/** The beta types of a GA event. `session.updated` has two, depending on the type of the session. */
export type BetaType<Type extends string> = string extends Type
  ? string
  : [OldType<Type>] extends [never]
    ? Type
    : OldType<Type> | (Type extends `session.${string}` ? Type : never)

/** An event of the beta. Its fields are not validated. */
export interface BetaEvent<Type extends string = string> {
  readonly type: Type
  readonly event_id?: string
  readonly [field: string]: unknown
}
