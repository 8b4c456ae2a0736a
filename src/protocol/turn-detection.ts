import * as z from 'zod/mini'
import { between, integer } from './bounds.js'
import { type OpenString, open, openString, type Schema, strict, variants } from './open.js'

/** Kinds of turn detection that this version knows. */
export const turnDetectionTypes = ['server_vad', 'semantic_vad'] as const

/** The kind of turn detection. Known names complete in an editor; any string is accepted. */
export type TurnDetectionType = OpenString<(typeof turnDetectionTypes)[number]>
/** Accepts any string. The type of the same name lists the known names. */
export const TurnDetectionType: Schema<TurnDetectionType> =
  /* @__PURE__ */ openString<(typeof turnDetectionTypes)[number]>()

/**
 * How soon semantic turn detection ends a turn. It waits at most 8 s with `low`, 4 s with `medium` and `auto`, and 2 s
 * with `high`.
 */
export const Eagerness = z.literal(['low', 'medium', 'high', 'auto'])
/**
 * How soon semantic turn detection ends a turn. It waits at most 8 s with `low`, 4 s with `medium` and `auto`, and 2 s
 * with `high`.
 */
export type Eagerness = z.infer<typeof Eagerness>

/** Turn detection, as the server reports it. Only the fields of the reported `type` are present. */
export const TurnDetection = /* @__PURE__ */ open({
  /** `server_vad` detects turns by volume, `semantic_vad` by meaning. */
  type: TurnDetectionType,
  /** Volume that counts as speech, from 0 to 1. `server_vad` only. */
  threshold: z.nullish(z.number()),
  /** Audio kept from before the detected start of speech, in milliseconds. `server_vad` only. */
  prefix_padding_ms: z.nullish(z.number()),
  /** Silence that ends a turn, in milliseconds. `server_vad` only. */
  silence_duration_ms: z.nullish(z.number()),
  /**
   * Silence after which the model responds without a user turn, in milliseconds; `null` if it never does. `server_vad`
   * only.
   */
  idle_timeout_ms: z.nullish(z.number()),
  /** How soon a turn ends. `semantic_vad` only. */
  eagerness: z.nullish(/* @__PURE__ */ openString<Eagerness>()),
  /** Whether the server creates a response when a turn ends. */
  create_response: z.nullish(z.boolean()),
  /** Whether the server cancels the response in progress when the user starts to speak. */
  interrupt_response: z.nullish(z.boolean()),
})
export interface TurnDetection extends z.infer<typeof TurnDetection> {}

/** Turn detection by volume: a turn ends after a period of silence. */
export const ServerVadInput = /* @__PURE__ */ strict({
  /** Selects turn detection by volume. */
  type: z.literal('server_vad'),
  /**
   * Volume that counts as speech, from 0 to 1. A higher value needs louder speech and suits noisy places.
   * @defaultValue 0.5
   */
  threshold: z.optional(z.number().check(/* @__PURE__ */ between(0, 1))),
  /** Audio to keep from before the detected start of speech, in whole milliseconds. @defaultValue 300 */
  prefix_padding_ms: z.optional(z.number().check(/* @__PURE__ */ integer(0))),
  /**
   * Silence that ends a turn, in whole milliseconds. A lower value responds sooner, but may cut off a speaker who
   * pauses.
   * @defaultValue 500, or 200 with gpt-realtime and gpt-realtime-mini
   */
  silence_duration_ms: z.optional(z.number().check(/* @__PURE__ */ integer(0))),
  /**
   * Silence after which the model responds without a user turn, from 5000 to 30000 ms, counted from the end of the last
   * response's playback. Each time, the server sends `input_audio_buffer.timeout_triggered`. `null` turns it off.
   * @defaultValue null
   */
  idle_timeout_ms: z.optional(z.nullable(z.number().check(/* @__PURE__ */ integer(5000, 30000)))),
  /**
   * Whether the server creates a response when a turn ends. If `false`, send `response.create` yourself.
   * @defaultValue true
   */
  create_response: z.optional(z.boolean()),
  /**
   * Whether the server cancels the in-band response in progress when the user starts to speak. If `false`, a turn may
   * end while a response is active, and no new one is created for it.
   * @defaultValue true
   */
  interrupt_response: z.optional(z.boolean()),
})
export interface ServerVadInput extends z.infer<typeof ServerVadInput> {}

/** Turn detection by meaning: a model estimates whether the user has finished speaking. */
export const SemanticVadInput = /* @__PURE__ */ strict({
  /** Selects turn detection by meaning. */
  type: z.literal('semantic_vad'),
  /**
   * How soon a turn ends: `low` waits at most 8 s for the user to continue, `medium` 4 s, `high` 2 s. `auto` equals
   * `medium`.
   * @defaultValue 'auto'
   */
  eagerness: z.optional(Eagerness),
  /**
   * Whether the server creates a response when a turn ends. If `false`, send `response.create` yourself.
   * @defaultValue true
   */
  create_response: z.optional(z.boolean()),
  /** Whether the server cancels the in-band response in progress when the user starts to speak. @defaultValue true */
  interrupt_response: z.optional(z.boolean()),
})
export interface SemanticVadInput extends z.infer<typeof SemanticVadInput> {}

/** The turn detection to request. Where `null` is accepted, it turns turn detection off. */
export type TurnDetectionInput = ServerVadInput | SemanticVadInput
/** The turn detection to request. Where `null` is accepted, it turns turn detection off. */
export const TurnDetectionInput: Schema<TurnDetectionInput> = /* @__PURE__ */ variants('type', [
  ServerVadInput,
  SemanticVadInput,
])
