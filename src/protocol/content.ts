import * as z from 'zod/mini'
import { base64 } from './bounds.js'
import { open, openString, type Schema, strict, variants } from './open.js'

/** How closely the model looks at an image. */
export const ImageDetail = z.literal(['auto', 'low', 'high'])
/** How closely the model looks at an image. */
export type ImageDetail = z.infer<typeof ImageDetail>

/** A content part of a system message, as received. */
export const SystemContent = /* @__PURE__ */ open({
  /** The kind of content. */
  type: /* @__PURE__ */ openString<'input_text'>(),
  /** The text. */
  text: z.nullish(z.string()),
})
export interface SystemContent extends z.infer<typeof SystemContent> {}

/** A content part of a user message, as received. Which fields are present depends on `type`. */
export const UserContent = /* @__PURE__ */ open({
  /** The kind of content. */
  type: /* @__PURE__ */ openString<'input_text' | 'input_audio' | 'input_image'>(),
  /** The text of `input_text`. */
  text: z.nullish(z.string()),
  /** The audio of `input_audio` as base64. Only `conversation.item.retrieved` contains it. */
  audio: z.nullish(z.string()),
  /** The transcript of `input_audio`; `null` until transcription completes, and always if transcription is off. */
  transcript: z.nullish(z.string()),
  /** The image of `input_image` as a data URI. */
  image_url: z.nullish(z.string()),
  /** How closely the model looks at the image. */
  detail: z.nullish(/* @__PURE__ */ openString<ImageDetail>()),
})
export interface UserContent extends z.infer<typeof UserContent> {}

/** A content part of an assistant message, as received. Which fields are present depends on `type`. */
export const AssistantContent = /* @__PURE__ */ open({
  /** The kind of content. */
  type: /* @__PURE__ */ openString<'output_text' | 'output_audio'>(),
  /** The text of `output_text`. */
  text: z.nullish(z.string()),
  /** The audio of `output_audio` as base64. Only `conversation.item.retrieved` contains it. */
  audio: z.nullish(z.string()),
  /** The transcript of `output_audio`. Truncation deletes it. */
  transcript: z.nullish(z.string()),
})
export interface AssistantContent extends z.infer<typeof AssistantContent> {}

/**
 * A content part of a streaming response. Its types are `text` and `audio`, where the same content in an item has
 * `output_text` and `output_audio`.
 */
export const ContentPart = /* @__PURE__ */ open({
  /** The kind of content. */
  type: /* @__PURE__ */ openString<'text' | 'audio'>(),
  /** The text of a `text` part. */
  text: z.nullish(z.string()),
  /** The audio of an `audio` part as base64. */
  audio: z.nullish(z.string()),
  /** The transcript of an `audio` part. */
  transcript: z.nullish(z.string()),
})
export interface ContentPart extends z.infer<typeof ContentPart> {}

/** Text for a user or system message. */
export const InputText = /* @__PURE__ */ strict({
  /** Selects text. */
  type: z.literal('input_text'),
  /** The text. */
  text: z.string(),
})
export interface InputText extends z.infer<typeof InputText> {}

/** Audio for a user message. */
export const InputAudio = /* @__PURE__ */ strict({
  /** Selects audio. */
  type: z.literal('input_audio'),
  /** The audio as base64, in the input format of the session. */
  audio: z.string().check(/* @__PURE__ */ base64()),
  /** The transcript of the audio. The server stores it with the item; the model does not read it. */
  transcript: z.optional(z.string()),
})
export interface InputAudio extends z.infer<typeof InputAudio> {}

/** An image for a user message. */
export const InputImage = /* @__PURE__ */ strict({
  /** Selects an image. */
  type: z.literal('input_image'),
  /** The image as a data URI, PNG or JPEG. A WebRTC data channel is reported to carry about 256 KB per message. */
  image_url: z.string(),
  /** How closely the model looks at the image; `auto` equals `high`. @defaultValue 'auto' */
  detail: z.optional(ImageDetail),
})
export interface InputImage extends z.infer<typeof InputImage> {}

/** A content part for a user message. */
export type UserContentInput = InputText | InputAudio | InputImage
/** A content part for a user message. */
export const UserContentInput: Schema<UserContentInput> = /* @__PURE__ */ variants('type', [
  InputText,
  InputAudio,
  InputImage,
])

/** Text for an assistant message. */
export const OutputText = /* @__PURE__ */ strict({
  /** Selects text. */
  type: z.literal('output_text'),
  /** The text. */
  text: z.string(),
})
export interface OutputText extends z.infer<typeof OutputText> {}

/** Speech for an assistant message. The service cannot restore assistant audio in a conversation: use text instead. */
export const OutputAudio = /* @__PURE__ */ strict({
  /** Selects audio. */
  type: z.literal('output_audio'),
  /** The audio as base64, in the output format of the session. */
  audio: z.optional(z.string().check(/* @__PURE__ */ base64())),
  /** The transcript of the audio. */
  transcript: z.optional(z.string()),
})
export interface OutputAudio extends z.infer<typeof OutputAudio> {}

/** A content part for an assistant message. */
export type AssistantContentInput = OutputText | OutputAudio
/** A content part for an assistant message. */
export const AssistantContentInput: Schema<AssistantContentInput> = /* @__PURE__ */ variants('type', [
  OutputText,
  OutputAudio,
])
