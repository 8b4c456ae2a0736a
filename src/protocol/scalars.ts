import * as z from 'zod/mini'
import { atMost, fewNames, integer, single } from './bounds.js'
import { type OpenString, openString, type Schema } from './open.js'

/** An identifier that the client gives to an event, so that an `error` can name it: at most 512 characters. */
export const ClientEventId = z.string().check(/* @__PURE__ */ atMost(512))

/** Speech models that are known today; the service accepts others. */
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

/** The name of a speech model; any string, with completions. */
export type RealtimeModel = OpenString<(typeof realtimeModels)[number]>
/** Any string; see the type for the names that are known. */
export const RealtimeModel: Schema<RealtimeModel> = /* @__PURE__ */ openString<(typeof realtimeModels)[number]>()

/** Built-in voices that are known today; the service accepts others. */
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

/** The name of a built-in voice; any string, with completions. */
export type VoiceName = OpenString<(typeof voiceNames)[number]>
/** Any string; see the type for the names that are known. */
export const VoiceName: Schema<VoiceName> = /* @__PURE__ */ openString<(typeof voiceNames)[number]>()

/** What a model may produce. */
export const Modality = z.literal(['text', 'audio'])
/** What a model may produce. */
export type Modality = z.infer<typeof Modality>

/** What a response produces: exactly `['audio']`, which includes a transcript, or exactly `['text']`. */
export const OutputModalities = z.array(Modality).check(/* @__PURE__ */ single())

/** The most tokens a response may produce, tool calls included: a positive integer, or `'inf'` for the model's own limit. */
export const MaxOutputTokens = z.union([z.number().check(/* @__PURE__ */ integer(1)), z.literal('inf')])
/** The most tokens a response may produce, tool calls included: a positive integer, or `'inf'` for the model's own limit. */
export type MaxOutputTokens = z.infer<typeof MaxOutputTokens>

/** Facts of the caller's own on a response, as received: text by name. */
export const Metadata = z.catchall(z.object({}), z.string())
/** Facts of the caller's own on a response, as received: text by name. */
export type Metadata = Record<string, string>

const metadataValue = z.string().check(/* @__PURE__ */ atMost(512))

/** Facts of the caller's own to attach to a response: at most 16 pairs, keys up to 64 and values up to 512 characters. */
export const MetadataInput = z.catchall(z.object({}), metadataValue).check(/* @__PURE__ */ fewNames(16, 64))

/** A JSON object whose content this protocol does not look at, such as the JSON Schema of a function's parameters. */
export const JsonObject = z.looseObject({})
/** A JSON object whose content this protocol does not look at, such as the JSON Schema of a function's parameters. */
export type JsonObject = Record<string, unknown>

/** Data that the transcription of input audio may add on request. */
export const includables = ['item.input_audio_transcription.logprobs'] as const

/** The name of data to include in server events; any string, with completions. */
export type Includable = OpenString<(typeof includables)[number]>
/** Any string; see the type for the names that are known. */
export const Includable: Schema<Includable> = /* @__PURE__ */ openString<(typeof includables)[number]>()
