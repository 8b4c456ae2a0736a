import * as z from 'zod/mini'
import { open } from '../open.js'

/** The service asks an MCP server for its tools. */
export const McpListToolsInProgressEvent = /* @__PURE__ */ open({
  type: z.literal('mcp_list_tools.in_progress'),
  event_id: z.string(),
  item_id: z.string(),
})
export interface McpListToolsInProgressEvent extends z.infer<typeof McpListToolsInProgressEvent> {}

/** An MCP server has told its tools; the item of the same identifier lists them. */
export const McpListToolsCompletedEvent = /* @__PURE__ */ open({
  type: z.literal('mcp_list_tools.completed'),
  event_id: z.string(),
  item_id: z.string(),
})
export interface McpListToolsCompletedEvent extends z.infer<typeof McpListToolsCompletedEvent> {}

/** An MCP server did not tell its tools. */
export const McpListToolsFailedEvent = /* @__PURE__ */ open({
  type: z.literal('mcp_list_tools.failed'),
  event_id: z.string(),
  item_id: z.string(),
})
export interface McpListToolsFailedEvent extends z.infer<typeof McpListToolsFailedEvent> {}

/** More of the arguments of a call to an MCP tool. */
export const ResponseMcpCallArgumentsDeltaEvent = /* @__PURE__ */ open({
  type: z.literal('response.mcp_call_arguments.delta'),
  event_id: z.string(),
  response_id: z.string(),
  item_id: z.string(),
  output_index: z.number(),
  /** A piece of JSON text. */
  delta: z.string(),
  /** Noise that hides the length of the text. */
  obfuscation: z.nullish(z.string()),
})
export interface ResponseMcpCallArgumentsDeltaEvent extends z.infer<typeof ResponseMcpCallArgumentsDeltaEvent> {}

/** All the arguments of a call to an MCP tool. */
export const ResponseMcpCallArgumentsDoneEvent = /* @__PURE__ */ open({
  type: z.literal('response.mcp_call_arguments.done'),
  event_id: z.string(),
  response_id: z.string(),
  item_id: z.string(),
  output_index: z.number(),
  /** JSON text. */
  arguments: z.string(),
})
export interface ResponseMcpCallArgumentsDoneEvent extends z.infer<typeof ResponseMcpCallArgumentsDoneEvent> {}

/** The service calls an MCP tool. */
export const ResponseMcpCallInProgressEvent = /* @__PURE__ */ open({
  type: z.literal('response.mcp_call.in_progress'),
  event_id: z.string(),
  output_index: z.number(),
  item_id: z.string(),
})
export interface ResponseMcpCallInProgressEvent extends z.infer<typeof ResponseMcpCallInProgressEvent> {}

/** An MCP tool has answered; the item of the same identifier holds its output. */
export const ResponseMcpCallCompletedEvent = /* @__PURE__ */ open({
  type: z.literal('response.mcp_call.completed'),
  event_id: z.string(),
  output_index: z.number(),
  item_id: z.string(),
})
export interface ResponseMcpCallCompletedEvent extends z.infer<typeof ResponseMcpCallCompletedEvent> {}

/** A call to an MCP tool failed; the item of the same identifier holds the error. */
export const ResponseMcpCallFailedEvent = /* @__PURE__ */ open({
  type: z.literal('response.mcp_call.failed'),
  event_id: z.string(),
  output_index: z.number(),
  item_id: z.string(),
})
export interface ResponseMcpCallFailedEvent extends z.infer<typeof ResponseMcpCallFailedEvent> {}
