import * as z from 'zod/mini'
import { open, type Schema, strict, variants } from './open.js'
import { JsonObject } from './scalars.js'

/** A stored prompt, as the server reports it. */
export const Prompt = /* @__PURE__ */ open({
  /** The identifier of the prompt. */
  id: z.string(),
  /** The version of the prompt. */
  version: z.nullish(z.string()),
  /** The values of the prompt's variables, by name. */
  variables: z.nullish(JsonObject),
})
export interface Prompt extends z.infer<typeof Prompt> {}

/** Marks the end of a prompt prefix that the service should cache. */
export const PromptCacheBreakpoint = /* @__PURE__ */ strict({
  /** The kind of breakpoint; always `explicit`. */
  mode: z.literal('explicit'),
})
export interface PromptCacheBreakpoint extends z.infer<typeof PromptCacheBreakpoint> {}

/** Text for a variable of a stored prompt. */
export const PromptTextInput = /* @__PURE__ */ strict({
  /** Selects text. */
  type: z.literal('input_text'),
  /** The text. */
  text: z.string(),
  /** Ends the prefix to cache after this text. */
  prompt_cache_breakpoint: z.optional(PromptCacheBreakpoint as Schema<PromptCacheBreakpoint>),
})
export interface PromptTextInput extends z.infer<typeof PromptTextInput> {}

/** An image for a variable of a stored prompt, given by URL or by file. */
export const PromptImageInput = /* @__PURE__ */ strict({
  /** Selects an image. */
  type: z.literal('input_image'),
  /** The URL of the image, or a data URL with base64. */
  image_url: z.optional(z.nullable(z.string())),
  /** The identifier of an uploaded file. */
  file_id: z.optional(z.nullable(z.string())),
  /** How closely the model looks at the image. `auto` lets the service choose. */
  detail: z.literal(['low', 'high', 'auto', 'original']),
  /** Ends the prefix to cache after this image. */
  prompt_cache_breakpoint: z.optional(PromptCacheBreakpoint as Schema<PromptCacheBreakpoint>),
})
export interface PromptImageInput extends z.infer<typeof PromptImageInput> {}

/** A file for a variable of a stored prompt, given by identifier, content, or URL. */
export const PromptFileInput = /* @__PURE__ */ strict({
  /** Selects a file. */
  type: z.literal('input_file'),
  /** The identifier of an uploaded file. */
  file_id: z.optional(z.nullable(z.string())),
  /** The name of the file. */
  filename: z.optional(z.string()),
  /** The content of the file. */
  file_data: z.optional(z.string()),
  /** The URL of the file. */
  file_url: z.optional(z.string()),
  /** How closely the file is rendered: `low` costs less, `high` is better. @defaultValue 'auto' */
  detail: z.optional(z.literal(['auto', 'low', 'high'])),
  /** Ends the prefix to cache after this file. */
  prompt_cache_breakpoint: z.optional(PromptCacheBreakpoint as Schema<PromptCacheBreakpoint>),
})
export interface PromptFileInput extends z.infer<typeof PromptFileInput> {}

/** A value for a variable of a stored prompt: text, an image, or a file. */
export type PromptVariable = string | PromptTextInput | PromptImageInput | PromptFileInput
/** A value for a variable of a stored prompt: text, an image, or a file. */
export const PromptVariable: Schema<PromptVariable> = z.union([
  z.string(),
  /* @__PURE__ */ variants('type', [PromptTextInput, PromptImageInput, PromptFileInput]),
])

/** A stored prompt to use. Stored prompts are reported to retire on 2026-11-30. */
export const PromptInput = /* @__PURE__ */ strict({
  /** The identifier of the prompt. */
  id: z.string(),
  /** The version of the prompt. */
  version: z.optional(z.nullable(z.string())),
  /** The values of the prompt's variables, by name. */
  variables: z.optional(z.nullable(z.catchall(z.object({}), PromptVariable))),
})
export interface PromptInput extends z.infer<typeof PromptInput> {}
