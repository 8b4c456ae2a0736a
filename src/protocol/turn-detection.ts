import * as z from 'zod/mini'
import { between, integer } from './bounds.js'
import { type OpenString, open, openString, type Schema, strict, variants } from './open.js'

/** Ways to find the end of a turn that are known today. */
export const turnDetectionTypes = ['server_vad', 'semantic_vad'] as const

/** The name of a way to find the end of a turn; any string, with completions. */
export type TurnDetectionType = OpenString<(typeof turnDetectionTypes)[number]>
/** Any string; see the type for the names that are known. */
export const TurnDetectionType: Schema<TurnDetectionType> =
  /* @__PURE__ */ openString<(typeof turnDetectionTypes)[number]>()

/** How patient semantic turn detection is: at most 8 s for `low`, 4 s for `medium` and `auto`, 2 s for `high`. */
export const Eagerness = z.literal(['low', 'medium', 'high', 'auto'])
/** How patient semantic turn detection is. */
export type Eagerness = z.infer<typeof Eagerness>

/** How the server finds turns in the input audio, as it reports it: the fields of both kinds, of which one kind's are present. */
export const TurnDetection = /* @__PURE__ */ open({
  type: TurnDetectionType,
  /** Loudness that counts as speech, 0 to 1. */
  threshold: z.nullish(z.number()),
  /** Audio kept from before the detected start of speech, in milliseconds. */
  prefix_padding_ms: z.nullish(z.number()),
  /** Silence that ends a turn, in milliseconds. */
  silence_duration_ms: z.nullish(z.number()),
  /** Silence after which the model speaks on its own, in milliseconds. */
  idle_timeout_ms: z.nullish(z.number()),
  eagerness: z.nullish(/* @__PURE__ */ openString<Eagerness>()),
  /** Whether the end of a turn starts a response. */
  create_response: z.nullish(z.boolean()),
  /** Whether the start of speech cancels the response in progress. */
  interrupt_response: z.nullish(z.boolean()),
})
export interface TurnDetection extends z.infer<typeof TurnDetection> {}

/** Turn detection by loudness. */
export const ServerVadInput = /* @__PURE__ */ strict({
  type: z.literal('server_vad'),
  /** Loudness that counts as speech, 0 to 1. @default 0.5 */
  threshold: z.optional(z.number().check(/* @__PURE__ */ between(0, 1))),
  /** Audio kept from before the detected start of speech, in milliseconds. @default 300 */
  prefix_padding_ms: z.optional(z.number().check(/* @__PURE__ */ integer(0))),
  /** Silence that ends a turn, in milliseconds. @default 500 */
  silence_duration_ms: z.optional(z.number().check(/* @__PURE__ */ integer(0))),
  /** Silence after which the model speaks on its own, 5000 to 30000 ms; `null` or absent for never. */
  idle_timeout_ms: z.optional(z.nullable(z.number().check(/* @__PURE__ */ integer(5000, 30000)))),
  /** Whether the end of a turn starts a response. @default true */
  create_response: z.optional(z.boolean()),
  /** Whether the start of speech cancels the response in progress. @default true */
  interrupt_response: z.optional(z.boolean()),
})
export interface ServerVadInput extends z.infer<typeof ServerVadInput> {}

/** Turn detection by meaning: a model judges whether the speaker has finished. */
export const SemanticVadInput = /* @__PURE__ */ strict({
  type: z.literal('semantic_vad'),
  /** How patient it is. @default 'auto' */
  eagerness: z.optional(Eagerness),
  /** Whether the end of a turn starts a response. @default true */
  create_response: z.optional(z.boolean()),
  /** Whether the start of speech cancels the response in progress. @default true */
  interrupt_response: z.optional(z.boolean()),
})
export interface SemanticVadInput extends z.infer<typeof SemanticVadInput> {}

/** How the server shall find turns; where it may be `null`, that turns detection off. */
export type TurnDetectionInput = ServerVadInput | SemanticVadInput
/** How the server shall find turns; where it may be `null`, that turns detection off. */
export const TurnDetectionInput: Schema<TurnDetectionInput> = /* @__PURE__ */ variants('type', [
  ServerVadInput,
  SemanticVadInput,
])
