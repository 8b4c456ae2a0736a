import * as z from 'zod/mini'
import { atMost, fewNames, integer, single } from './bounds.js'
import { type OpenString, openString, type Schema } from './open.js'

/**
 * An identifier for a client event, at most 512 characters. An `error` event that the client event causes repeats it.
 */
export const ClientEventId = z.string().check(/* @__PURE__ */ atMost(512))

/** Speech models that this version knows. The service accepts others. */
export const realtimeModels = [
  'gpt-realtime-2.1',
  'gpt-realtime-2.1-mini',
  'gpt-realtime-2',
  'gpt-realtime-1.5',
  'gpt-realtime',
  'gpt-realtime-2025-08-28',
  'gpt-realtime-mini',
  'gpt-realtime-mini-2025-12-15',
  'gpt-realtime-mini-2025-10-06',
  'gpt-audio-1.5',
  'gpt-audio-mini',
  'gpt-audio-mini-2025-12-15',
  'gpt-audio-mini-2025-10-06',
  'gpt-4o-realtime-preview',
  'gpt-4o-realtime-preview-2025-06-03',
  'gpt-4o-realtime-preview-2024-12-17',
  'gpt-4o-realtime-preview-2024-10-01',
  'gpt-4o-mini-realtime-preview',
  'gpt-4o-mini-realtime-preview-2024-12-17',
] as const

/** The name of a speech model. Known names complete in an editor; any string is accepted. */
export type RealtimeModel = OpenString<(typeof realtimeModels)[number]>
/** Accepts any string. The type of the same name lists the known names. */
export const RealtimeModel: Schema<RealtimeModel> = /* @__PURE__ */ openString<(typeof realtimeModels)[number]>()

/** Built-in voices that this version knows. The service accepts others. */
export const voiceNames = [
  'marin',
  'cedar',
  'alloy',
  'ash',
  'ballad',
  'coral',
  'echo',
  'sage',
  'shimmer',
  'verse',
] as const

/** The name of a built-in voice. Known names complete in an editor; any string is accepted. */
export type VoiceName = OpenString<(typeof voiceNames)[number]>
/** Accepts any string. The type of the same name lists the known names. */
export const VoiceName: Schema<VoiceName> = /* @__PURE__ */ openString<(typeof voiceNames)[number]>()

/** A kind of output that a model produces. */
export const Modality = z.literal(['text', 'audio'])
/** A kind of output that a model produces. */
export type Modality = z.infer<typeof Modality>

/** The kind of output: exactly `['audio']`, which includes a transcript, or exactly `['text']`. */
export const OutputModalities = z.array(Modality).check(/* @__PURE__ */ single())

/**
 * The maximum of output tokens per response, tool calls included: an integer from 1, documented up to 4096, or `'inf'`
 * for the limit of the model.
 */
export const MaxOutputTokens = z.union([z.number().check(/* @__PURE__ */ integer(1)), z.literal('inf')])
/**
 * The maximum of output tokens per response, tool calls included: an integer from 1, documented up to 4096, or `'inf'`
 * for the limit of the model.
 */
export type MaxOutputTokens = z.infer<typeof MaxOutputTokens>

/** Your own key-value pairs on a response, as received. */
export const Metadata = z.catchall(z.object({}), z.string())
/** Your own key-value pairs on a response, as received. */
export type Metadata = Record<string, string>

const metadataValue = z.string().check(/* @__PURE__ */ atMost(512))

/** Your own key-value pairs for a response: at most 16 pairs, keys up to 64 and values up to 512 characters. */
export const MetadataInput = z.catchall(z.object({}), metadataValue).check(/* @__PURE__ */ fewNames(16, 64))

/** A JSON object that this protocol does not check, such as the JSON Schema of a function's parameters. */
export const JsonObject = z.looseObject({})
/** A JSON object that this protocol does not check, such as the JSON Schema of a function's parameters. */
export type JsonObject = Record<string, unknown>

/** Additional data that this version knows how to request. */
export const includables = ['item.input_audio_transcription.logprobs'] as const

/**
 * The name of additional data to include in server events. Known names complete in an editor; any string is accepted.
 */
export type Includable = OpenString<(typeof includables)[number]>
/** Accepts any string. The type of the same name lists the known names. */
export const Includable: Schema<Includable> = /* @__PURE__ */ openString<(typeof includables)[number]>()
