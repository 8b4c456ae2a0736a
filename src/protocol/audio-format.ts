import * as z from 'zod/mini'
import { type OpenString, open, openString, type Schema, strict, variants } from './open.js'

/** Encodings that are known today. */
export const audioFormatTypes = ['audio/pcm', 'audio/pcmu', 'audio/pcma'] as const

/** The name of an encoding; any string, with completions. */
export type AudioFormatType = OpenString<(typeof audioFormatTypes)[number]>
/** Any string; see the type for the names that are known. */
export const AudioFormatType: Schema<AudioFormatType> = /* @__PURE__ */ openString<(typeof audioFormatTypes)[number]>()

/** The encoding of audio, as the server reports it; trust this over what was asked for. */
export const AudioFormat = /* @__PURE__ */ open({
  type: AudioFormatType,
  /** Samples per second; 24000 for PCM, absent for G.711, which is always 8000. */
  rate: z.nullish(z.number()),
})
export interface AudioFormat extends z.infer<typeof AudioFormat> {}

/** 16-bit little-endian mono PCM at 24 kHz. */
export const PcmFormatInput = /* @__PURE__ */ strict({
  type: z.literal('audio/pcm'),
  /** Samples per second; no other rate is accepted. */
  rate: z.optional(z.literal(24000)),
})
export interface PcmFormatInput extends z.infer<typeof PcmFormatInput> {}

/** G.711 mu-law at 8 kHz. */
export const PcmuFormatInput = /* @__PURE__ */ strict({ type: z.literal('audio/pcmu') })
export interface PcmuFormatInput extends z.infer<typeof PcmuFormatInput> {}

/** G.711 A-law at 8 kHz. */
export const PcmaFormatInput = /* @__PURE__ */ strict({ type: z.literal('audio/pcma') })
export interface PcmaFormatInput extends z.infer<typeof PcmaFormatInput> {}

/** The encoding of audio to ask for. */
export type AudioFormatInput = PcmFormatInput | PcmuFormatInput | PcmaFormatInput
/** The encoding of audio to ask for. */
export const AudioFormatInput: Schema<AudioFormatInput> = /* @__PURE__ */ variants('type', [
  PcmFormatInput,
  PcmuFormatInput,
  PcmaFormatInput,
])
