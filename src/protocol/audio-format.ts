import * as z from 'zod/mini'
import { type OpenString, open, openString, type Schema, strict, variants } from './open.js'

/** Audio encodings that this version knows. */
export const audioFormatTypes = ['audio/pcm', 'audio/pcmu', 'audio/pcma'] as const

/** The name of an audio encoding. Known names complete in an editor; any string is accepted. */
export type AudioFormatType = OpenString<(typeof audioFormatTypes)[number]>
/** Accepts any string. The type of the same name lists the known names. */
export const AudioFormatType: Schema<AudioFormatType> = /* @__PURE__ */ openString<(typeof audioFormatTypes)[number]>()

/** An audio format, as the server reports it. Rely on this report rather than on what was requested. */
export const AudioFormat = /* @__PURE__ */ open({
  /** The encoding: `audio/pcm` (16-bit little-endian), `audio/pcmu` (G.711 mu-law) or `audio/pcma` (G.711 A-law). */
  type: AudioFormatType,
  /** Sample rate in Hz: 24000 for PCM. G.711 is always 8000 Hz and has no `rate`. */
  rate: z.nullish(z.number()),
})
export interface AudioFormat extends z.infer<typeof AudioFormat> {}

/** 16-bit little-endian mono PCM at 24 kHz. */
export const PcmFormatInput = /* @__PURE__ */ strict({
  /** Selects PCM. */
  type: z.literal('audio/pcm'),
  /**
   * Sample rate in Hz; 24000 is the only rate. Always send it: servers are reported to refuse `audio/pcm` without a
   * rate.
   */
  rate: z.optional(z.literal(24000)),
})
export interface PcmFormatInput extends z.infer<typeof PcmFormatInput> {}

/** G.711 mu-law at 8 kHz. */
export const PcmuFormatInput = /* @__PURE__ */ strict({
  /** Selects G.711 mu-law at 8 kHz. There is no `rate` field. */
  type: z.literal('audio/pcmu'),
})
export interface PcmuFormatInput extends z.infer<typeof PcmuFormatInput> {}

/** G.711 A-law at 8 kHz. */
export const PcmaFormatInput = /* @__PURE__ */ strict({
  /** Selects G.711 A-law at 8 kHz. There is no `rate` field. */
  type: z.literal('audio/pcma'),
})
export interface PcmaFormatInput extends z.infer<typeof PcmaFormatInput> {}

/** The audio format to request for input or output. */
export type AudioFormatInput = PcmFormatInput | PcmuFormatInput | PcmaFormatInput
/** The audio format to request for input or output. */
export const AudioFormatInput: Schema<AudioFormatInput> = /* @__PURE__ */ variants('type', [
  PcmFormatInput,
  PcmuFormatInput,
  PcmaFormatInput,
])
