import * as z from 'zod/mini'
import { form, notEmpty } from './bounds.js'
import {
  type OpenString,
  open,
  openString,
  type Schema,
  type UnknownVariant,
  unknownVariant,
  variants,
} from './open.js'
import { JsonObject } from './scalars.js'

/** Service connectors that are known today. */
export const connectorIds = [
  'connector_dropbox',
  'connector_gmail',
  'connector_googlecalendar',
  'connector_googledrive',
  'connector_microsoftteams',
  'connector_outlookcalendar',
  'connector_outlookemail',
  'connector_sharepoint',
] as const

/** The name of a service connector; any string, with completions. */
export type ConnectorId = OpenString<(typeof connectorIds)[number]>
/** Any string; see the type for the names that are known. */
export const ConnectorId: Schema<ConnectorId> = /* @__PURE__ */ openString<(typeof connectorIds)[number]>()

/** A function that the model may ask the client to call, as the server reports it. */
export const FunctionTool = /* @__PURE__ */ open({
  type: z.literal('function'),
  name: z.string(),
  description: z.nullish(z.string()),
  /** The JSON Schema of the arguments. */
  parameters: z.nullish(JsonObject),
})
export interface FunctionTool extends z.infer<typeof FunctionTool> {}

/** Which tools of an MCP server something holds for, as the server reports it. */
export const McpToolFilter = /* @__PURE__ */ open({
  tool_names: z.nullish(z.array(z.string())),
  read_only: z.nullish(z.boolean()),
})
export interface McpToolFilter extends z.infer<typeof McpToolFilter> {}

/** A remote MCP server whose tools the service calls by itself, as the server reports it. */
export const McpTool = /* @__PURE__ */ open({
  type: z.literal('mcp'),
  server_label: z.string(),
  server_url: z.nullish(z.string()),
  /**
   * The name of a service connector; any string, with completions.
   * @deprecated The service deprecates connectors for models released after 2026-09-01. Use `server_url` or `tunnel_id`.
   */
  connector_id: z.nullish(ConnectorId),
  tunnel_id: z.nullish(z.string()),
  authorization: z.nullish(z.string()),
  server_description: z.nullish(z.string()),
  headers: z.nullish(z.catchall(z.object({}), z.string())),
  allowed_tools: z.nullish(z.union([z.array(z.string()), McpToolFilter as Schema<McpToolFilter>])),
  allowed_callers: z.nullish(z.array(/* @__PURE__ */ openString<'direct' | 'programmatic'>())),
  require_approval: z.nullish(
    z.union([
      /* @__PURE__ */ openString<'always' | 'never'>(),
      /* @__PURE__ */ open({
        always: z.nullish(McpToolFilter as Schema<McpToolFilter>),
        never: z.nullish(McpToolFilter as Schema<McpToolFilter>),
      }),
    ]),
  ),
  defer_loading: z.nullish(z.boolean()),
})
export interface McpTool extends z.infer<typeof McpTool> {}

/** A tool, as the server reports it. */
export type Tool = FunctionTool | McpTool | UnknownVariant
/** A tool, as the server reports it. */
export const Tool: Schema<Tool> = z.union([
  /* @__PURE__ */ variants('type', [FunctionTool, McpTool]),
  /* @__PURE__ */ unknownVariant(['function', 'mcp']),
])

/** A function that the model may ask the client to call. */
export const FunctionToolInput = z.strictObject({
  type: z.literal('function'),
  name: z.string().check(/* @__PURE__ */ notEmpty()),
  /** When and how to call it, and what to tell the user meanwhile. */
  description: z.optional(z.string()),
  /** The JSON Schema of the arguments. */
  parameters: z.optional(JsonObject),
})
export interface FunctionToolInput extends z.infer<typeof FunctionToolInput> {}

/** Which tools of an MCP server something holds for: by name, or all that only read. */
export const McpToolFilterInput = z.strictObject({
  tool_names: z.optional(z.array(z.string())),
  read_only: z.optional(z.boolean()),
})
export interface McpToolFilterInput extends z.infer<typeof McpToolFilterInput> {}

/** A remote MCP server whose tools the service calls by itself. Set one of `server_url`, `tunnel_id`, and the deprecated `connector_id`. */
export const McpToolInput = z.strictObject({
  type: z.literal('mcp'),
  /** A name for the server, by which its calls refer to it. */
  server_label: z.string(),
  server_url: z.optional(z.string()),
  /**
   * The name of a service connector; any string, with completions.
   * @deprecated The service deprecates connectors for models released after 2026-09-01. Use `server_url` or `tunnel_id`.
   */
  connector_id: z.optional(ConnectorId),
  /** `tunnel_` and 32 small letters or digits. */
  tunnel_id: z.optional(z.string().check(/* @__PURE__ */ form(/^tunnel_[a-z0-9]{32}$/))),
  /** An OAuth access token for the server or connector. */
  authorization: z.optional(z.string()),
  server_description: z.optional(z.string()),
  /** Headers to send to the server. */
  headers: z.optional(z.nullable(z.catchall(z.object({}), z.string()))),
  allowed_tools: z.optional(
    z.nullable(z.union([z.array(z.string()), McpToolFilterInput as Schema<McpToolFilterInput>])),
  ),
  allowed_callers: z.optional(
    z.nullable(z.array(z.literal(['direct', 'programmatic'])).check(/* @__PURE__ */ notEmpty())),
  ),
  /** Which calls wait for an approval. @default 'always' */
  require_approval: z.optional(
    z.nullable(
      z.union([
        z.literal(['always', 'never']),
        z.strictObject({
          always: z.optional(McpToolFilterInput as Schema<McpToolFilterInput>),
          never: z.optional(McpToolFilterInput as Schema<McpToolFilterInput>),
        }),
      ]),
    ),
  ),
  /** Whether the tools are found by search instead of being listed at once. */
  defer_loading: z.optional(z.boolean()),
})
export interface McpToolInput extends z.infer<typeof McpToolInput> {}

/** A tool to offer to the model. */
export type ToolInput = FunctionToolInput | McpToolInput
/** A tool to offer to the model. */
export const ToolInput: Schema<ToolInput> = /* @__PURE__ */ variants('type', [FunctionToolInput, McpToolInput])

/** Whether the model may or must call tools. */
export const ToolChoiceMode = z.literal(['none', 'auto', 'required'])
/** Whether the model may or must call tools. */
export type ToolChoiceMode = z.infer<typeof ToolChoiceMode>

/** One tool that the model must call, as the server reports it. */
export const ForcedTool = /* @__PURE__ */ open({
  type: /* @__PURE__ */ openString<'function' | 'mcp'>(),
  /** The function, or the tool of the MCP server. */
  name: z.nullish(z.string()),
  /** The MCP server; absent for a function. */
  server_label: z.nullish(z.string()),
})
export interface ForcedTool extends z.infer<typeof ForcedTool> {}

/** How the model chooses tools, as the server reports it. */
export type ToolChoice = OpenString<ToolChoiceMode> | ForcedTool
/** How the model chooses tools, as the server reports it. */
export const ToolChoice: Schema<ToolChoice> = z.union([z.string(), ForcedTool])

/** Makes the model call one function. */
export const ForcedFunctionInput = z.strictObject({ type: z.literal('function'), name: z.string() })
export interface ForcedFunctionInput extends z.infer<typeof ForcedFunctionInput> {}

/** Makes the model call one tool of an MCP server, or any of them. */
export const ForcedMcpToolInput = z.strictObject({
  type: z.literal('mcp'),
  server_label: z.string(),
  name: z.optional(z.nullable(z.string())),
})
export interface ForcedMcpToolInput extends z.infer<typeof ForcedMcpToolInput> {}

/** How the model shall choose tools. */
export type ToolChoiceInput = ToolChoiceMode | ForcedFunctionInput | ForcedMcpToolInput
/** How the model shall choose tools. */
export const ToolChoiceInput: Schema<ToolChoiceInput> = z.union([
  ToolChoiceMode,
  /* @__PURE__ */ variants('type', [ForcedFunctionInput, ForcedMcpToolInput]),
])
