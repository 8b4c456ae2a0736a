import * as z from 'zod/mini'
import { open, type Schema, strict, variants } from './open.js'
import { JsonObject } from './scalars.js'

/** A stored prompt, as the server reports it. */
export const Prompt = /* @__PURE__ */ open({
  id: z.string(),
  version: z.nullish(z.string()),
  variables: z.nullish(JsonObject),
})
export interface Prompt extends z.infer<typeof Prompt> {}

/** Marks the end of a prefix that is worth caching. */
export const PromptCacheBreakpoint = /* @__PURE__ */ strict({ mode: z.literal('explicit') })
export interface PromptCacheBreakpoint extends z.infer<typeof PromptCacheBreakpoint> {}

/** Text that fills a variable of a stored prompt. */
export const PromptTextInput = /* @__PURE__ */ strict({
  type: z.literal('input_text'),
  text: z.string(),
  prompt_cache_breakpoint: z.optional(PromptCacheBreakpoint as Schema<PromptCacheBreakpoint>),
})
export interface PromptTextInput extends z.infer<typeof PromptTextInput> {}

/** An image that fills a variable of a stored prompt. */
export const PromptImageInput = /* @__PURE__ */ strict({
  type: z.literal('input_image'),
  image_url: z.optional(z.nullable(z.string())),
  file_id: z.optional(z.nullable(z.string())),
  detail: z.literal(['low', 'high', 'auto', 'original']),
  prompt_cache_breakpoint: z.optional(PromptCacheBreakpoint as Schema<PromptCacheBreakpoint>),
})
export interface PromptImageInput extends z.infer<typeof PromptImageInput> {}

/** A file that fills a variable of a stored prompt. */
export const PromptFileInput = /* @__PURE__ */ strict({
  type: z.literal('input_file'),
  file_id: z.optional(z.nullable(z.string())),
  filename: z.optional(z.string()),
  file_data: z.optional(z.string()),
  file_url: z.optional(z.string()),
  detail: z.optional(z.literal(['auto', 'low', 'high'])),
  prompt_cache_breakpoint: z.optional(PromptCacheBreakpoint as Schema<PromptCacheBreakpoint>),
})
export interface PromptFileInput extends z.infer<typeof PromptFileInput> {}

/** What fills a variable of a stored prompt. */
export type PromptVariable = string | PromptTextInput | PromptImageInput | PromptFileInput
/** What fills a variable of a stored prompt. */
export const PromptVariable: Schema<PromptVariable> = z.union([
  z.string(),
  /* @__PURE__ */ variants('type', [PromptTextInput, PromptImageInput, PromptFileInput]),
])

/** A stored prompt to use; the service retires these on 2026-11-30. */
export const PromptInput = /* @__PURE__ */ strict({
  id: z.string(),
  version: z.optional(z.nullable(z.string())),
  variables: z.optional(z.nullable(z.catchall(z.object({}), PromptVariable))),
})
export interface PromptInput extends z.infer<typeof PromptInput> {}
