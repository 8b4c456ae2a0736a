import * as z from 'zod/mini'
import { form, notEmpty } from './bounds.js'
import {
  type OpenString,
  open,
  openString,
  type Schema,
  strict,
  type UnknownVariant,
  unknownVariant,
  variants,
} from './open.js'
import { JsonObject } from './scalars.js'

/** Service connectors that this version knows. */
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

/** The name of a service connector. Known names complete in an editor; any string is accepted. */
export type ConnectorId = OpenString<(typeof connectorIds)[number]>
/** Accepts any string. The type of the same name lists the known names. */
export const ConnectorId: Schema<ConnectorId> = /* @__PURE__ */ openString<(typeof connectorIds)[number]>()

/** A function that the model may ask the client to call, as the server reports it. */
export const FunctionTool = /* @__PURE__ */ open({
  /** The kind of tool. */
  type: z.literal('function'),
  /** The name of the function. */
  name: z.string(),
  /** When and how to call the function; `null` if none was given. */
  description: z.nullish(z.string()),
  /** The JSON Schema of the arguments. */
  parameters: z.nullish(JsonObject),
})
export interface FunctionTool extends z.infer<typeof FunctionTool> {}

/** Selects tools of an MCP server, as the server reports it. */
export const McpToolFilter = /* @__PURE__ */ open({
  /** The names of the selected tools. */
  tool_names: z.nullish(z.array(z.string())),
  /** Whether tools that only read data are selected. */
  read_only: z.nullish(z.boolean()),
})
export interface McpToolFilter extends z.infer<typeof McpToolFilter> {}

/** A remote MCP server whose tools the service calls itself, as the server reports it. */
export const McpTool = /* @__PURE__ */ open({
  /** The kind of tool. */
  type: z.literal('mcp'),
  /** The name of the MCP server in calls and choices. */
  server_label: z.string(),
  /** The URL of the MCP server. */
  server_url: z.nullish(z.string()),
  /**
   * The service connector that takes the place of a URL. Any string, with completions.
   * @deprecated The service deprecates connectors for models released after 2026-09-01. Use `server_url` or `tunnel_id`.
   */
  connector_id: z.nullish(ConnectorId),
  /** The Secure MCP Tunnel that takes the place of a URL. */
  tunnel_id: z.nullish(z.string()),
  /** The OAuth access token for the MCP server. */
  authorization: z.nullish(z.string()),
  /** The description of the MCP server. */
  server_description: z.nullish(z.string()),
  /** HTTP headers that the service sends to the MCP server. */
  headers: z.nullish(z.catchall(z.object({}), z.string())),
  /** The tools that the model may use; `null` for all. */
  allowed_tools: z.nullish(z.union([z.array(z.string()), McpToolFilter as Schema<McpToolFilter>])),
  /** The contexts that tools may be called from. */
  allowed_callers: z.nullish(z.array(/* @__PURE__ */ openString<'direct' | 'programmatic'>())),
  /** Which calls need an approval from the client. */
  require_approval: z.nullish(
    z.union([
      /* @__PURE__ */ openString<'always' | 'never'>(),
      /* @__PURE__ */ open({
        /** Tools whose calls always need an approval. */
        always: z.nullish(McpToolFilter as Schema<McpToolFilter>),
        /** Tools whose calls never need an approval. */
        never: z.nullish(McpToolFilter as Schema<McpToolFilter>),
      }),
    ]),
  ),
  /** Whether the model finds the tools by search instead of receiving the whole list. */
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
export const FunctionToolInput = /* @__PURE__ */ strict({
  /** Selects a function. */
  type: z.literal('function'),
  /** The name of the function, not empty. The service is reported to accept only letters, digits, `_` and `-`. */
  name: z.string().check(/* @__PURE__ */ notEmpty()),
  /** When and how to call the function, and what to tell the user during the call. */
  description: z.optional(z.string()),
  /** The JSON Schema of the arguments. */
  parameters: z.optional(JsonObject),
})
export interface FunctionToolInput extends z.infer<typeof FunctionToolInput> {}

/** Selects tools of an MCP server, by name or by whether they only read. */
export const McpToolFilterInput = /* @__PURE__ */ strict({
  /** The names of the tools to select. */
  tool_names: z.optional(z.array(z.string())),
  /** Selects tools that only read data: those that the MCP server annotates with `readOnlyHint`. */
  read_only: z.optional(z.boolean()),
})
export interface McpToolFilterInput extends z.infer<typeof McpToolFilterInput> {}

/**
 * A remote MCP server whose tools the service calls itself. Give one of `server_url`, `connector_id`, and `tunnel_id`.
 */
export const McpToolInput = /* @__PURE__ */ strict({
  /** Selects an MCP server. */
  type: z.literal('mcp'),
  /** A name of your choice for the MCP server. Its calls and `tool_choice` refer to it. */
  server_label: z.string(),
  /** The URL of the MCP server. */
  server_url: z.optional(z.string()),
  /**
   * A service connector to use in place of a URL. Any string, with completions.
   * @deprecated The service deprecates connectors for models released after 2026-09-01. Use `server_url` or `tunnel_id`.
   */
  connector_id: z.optional(ConnectorId),
  /** A Secure MCP Tunnel to use in place of a URL: `tunnel_` and 32 lowercase letters or digits. */
  tunnel_id: z.optional(z.string().check(/* @__PURE__ */ form(/^tunnel_[a-z0-9]{32}$/))),
  /** An OAuth access token for the MCP server or the connector. Your app runs the OAuth flow. */
  authorization: z.optional(z.string()),
  /** A description of the MCP server for the model. */
  server_description: z.optional(z.string()),
  /** HTTP headers that the service sends to the MCP server, by name. */
  headers: z.optional(z.nullable(z.catchall(z.object({}), z.string()))),
  /** The tools that the model may use: a list of names, or a filter. `null` allows all. */
  allowed_tools: z.optional(
    z.nullable(z.union([z.array(z.string()), McpToolFilterInput as Schema<McpToolFilterInput>])),
  ),
  /** The contexts that tools may be called from, at least one. */
  allowed_callers: z.optional(
    z.nullable(z.array(z.literal(['direct', 'programmatic'])).check(/* @__PURE__ */ notEmpty())),
  ),
  /**
   * Which calls need an approval: all (`'always'`), none (`'never'`), or those that a filter selects.
   * @defaultValue 'always'
   */
  require_approval: z.optional(
    z.nullable(
      z.union([
        z.literal(['always', 'never']),
        /* @__PURE__ */ strict({
          /** Tools whose calls always need an approval. */
          always: z.optional(McpToolFilterInput as Schema<McpToolFilterInput>),
          /** Tools whose calls never need an approval. */
          never: z.optional(McpToolFilterInput as Schema<McpToolFilterInput>),
        }),
      ]),
    ),
  ),
  /** Whether the model finds the tools by search instead of receiving the whole list. */
  defer_loading: z.optional(z.boolean()),
})
export interface McpToolInput extends z.infer<typeof McpToolInput> {}

/** A tool to offer to the model. */
export type ToolInput = FunctionToolInput | McpToolInput
/** A tool to offer to the model. */
export const ToolInput: Schema<ToolInput> = /* @__PURE__ */ variants('type', [FunctionToolInput, McpToolInput])

/** Whether the model calls tools: `none` never, `auto` if it decides to, `required` at least one. */
export const ToolChoiceMode = z.literal(['none', 'auto', 'required'])
/** Whether the model calls tools: `none` never, `auto` if it decides to, `required` at least one. */
export type ToolChoiceMode = z.infer<typeof ToolChoiceMode>

/** A tool that the model must call, as the server reports it. */
export const ForcedTool = /* @__PURE__ */ open({
  /** Whether it is a function or a tool of an MCP server. */
  type: /* @__PURE__ */ openString<'function' | 'mcp'>(),
  /** The name of the function, or of the MCP server's tool. */
  name: z.nullish(z.string()),
  /** The label of the MCP server. A function has none. */
  server_label: z.nullish(z.string()),
})
export interface ForcedTool extends z.infer<typeof ForcedTool> {}

/** How the model chooses tools, as the server reports it. */
export type ToolChoice = OpenString<ToolChoiceMode> | ForcedTool
/** How the model chooses tools, as the server reports it. */
export const ToolChoice: Schema<ToolChoice> = z.union([z.string(), ForcedTool])

/** Makes the model call one function. */
export const ForcedFunctionInput = /* @__PURE__ */ strict({
  /** Selects a function. */
  type: z.literal('function'),
  /** The name of the function to call. */
  name: z.string(),
})
export interface ForcedFunctionInput extends z.infer<typeof ForcedFunctionInput> {}

/** Makes the model call a tool of an MCP server. */
export const ForcedMcpToolInput = /* @__PURE__ */ strict({
  /** Selects a tool of an MCP server. */
  type: z.literal('mcp'),
  /** The label of the MCP server. */
  server_label: z.string(),
  /** The name of the tool. Leave it out to let the model choose among the tools of this server. */
  name: z.optional(z.nullable(z.string())),
})
export interface ForcedMcpToolInput extends z.infer<typeof ForcedMcpToolInput> {}

/** How the model chooses tools: by mode, or one tool that it must call. */
export type ToolChoiceInput = ToolChoiceMode | ForcedFunctionInput | ForcedMcpToolInput
/** How the model chooses tools: by mode, or one tool that it must call. */
export const ToolChoiceInput: Schema<ToolChoiceInput> = z.union([
  ToolChoiceMode,
  /* @__PURE__ */ variants('type', [ForcedFunctionInput, ForcedMcpToolInput]),
])
