import * as z from 'zod/mini'
import { base64 } from './bounds.js'
import { open, openString, type Schema, strict, variants } from './open.js'

/** How closely a model looks at an image. */
export const ImageDetail = z.literal(['auto', 'low', 'high'])
/** How closely a model looks at an image. */
export type ImageDetail = z.infer<typeof ImageDetail>

/** A part of a system message, as received. */
export const SystemContent = /* @__PURE__ */ open({
  type: /* @__PURE__ */ openString<'input_text'>(),
  text: z.nullish(z.string()),
})
export interface SystemContent extends z.infer<typeof SystemContent> {}

/** A part of a user message, as received. */
export const UserContent = /* @__PURE__ */ open({
  type: /* @__PURE__ */ openString<'input_text' | 'input_audio' | 'input_image'>(),
  text: z.nullish(z.string()),
  /** Base64; present only in the answer to `conversation.item.retrieve`. */
  audio: z.nullish(z.string()),
  /** What was heard; `null` until it is known, and it may never be. */
  transcript: z.nullish(z.string()),
  /** A data URI. */
  image_url: z.nullish(z.string()),
  detail: z.nullish(/* @__PURE__ */ openString<ImageDetail>()),
})
export interface UserContent extends z.infer<typeof UserContent> {}

/** A part of an assistant message, as received. */
export const AssistantContent = /* @__PURE__ */ open({
  type: /* @__PURE__ */ openString<'output_text' | 'output_audio'>(),
  text: z.nullish(z.string()),
  /** Base64; present only in the answer to `conversation.item.retrieve`. */
  audio: z.nullish(z.string()),
  /** The words of the audio; truncation deletes it. */
  transcript: z.nullish(z.string()),
})
export interface AssistantContent extends z.infer<typeof AssistantContent> {}

/** A part of a response in the making; its types are shorter than those of the same content in an item. */
export const ContentPart = /* @__PURE__ */ open({
  type: /* @__PURE__ */ openString<'text' | 'audio'>(),
  text: z.nullish(z.string()),
  /** Base64. */
  audio: z.nullish(z.string()),
  transcript: z.nullish(z.string()),
})
export interface ContentPart extends z.infer<typeof ContentPart> {}

/** Text to put in a user or system message. */
export const InputText = /* @__PURE__ */ strict({ type: z.literal('input_text'), text: z.string() })
export interface InputText extends z.infer<typeof InputText> {}

/** Sound to put in a user message. */
export const InputAudio = /* @__PURE__ */ strict({
  type: z.literal('input_audio'),
  /** Base64 in the session's input format. */
  audio: z.string().check(/* @__PURE__ */ base64()),
  /** Kept with the item for reference; the model does not read it. */
  transcript: z.optional(z.string()),
})
export interface InputAudio extends z.infer<typeof InputAudio> {}

/** An image to put in a user message. */
export const InputImage = /* @__PURE__ */ strict({
  type: z.literal('input_image'),
  /** A data URI of a PNG or JPEG; a WebRTC data channel carries about 256 KB a message. */
  image_url: z.string(),
  /** @default 'auto' */
  detail: z.optional(ImageDetail),
})
export interface InputImage extends z.infer<typeof InputImage> {}

/** A part of a user message to create. */
export type UserContentInput = InputText | InputAudio | InputImage
/** A part of a user message to create. */
export const UserContentInput: Schema<UserContentInput> = /* @__PURE__ */ variants('type', [
  InputText,
  InputAudio,
  InputImage,
])

/** Words that the assistant is to have written. */
export const OutputText = /* @__PURE__ */ strict({ type: z.literal('output_text'), text: z.string() })
export interface OutputText extends z.infer<typeof OutputText> {}

/** Words that the assistant is to have spoken; the sound itself cannot be replayed to the model. */
export const OutputAudio = /* @__PURE__ */ strict({
  type: z.literal('output_audio'),
  /** Base64 in the session's output format. */
  audio: z.optional(z.string().check(/* @__PURE__ */ base64())),
  transcript: z.optional(z.string()),
})
export interface OutputAudio extends z.infer<typeof OutputAudio> {}

/** A part of an assistant message to create. */
export type AssistantContentInput = OutputText | OutputAudio
/** A part of an assistant message to create. */
export const AssistantContentInput: Schema<AssistantContentInput> = /* @__PURE__ */ variants('type', [
  OutputText,
  OutputAudio,
])
