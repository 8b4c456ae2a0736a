import * as z from 'zod/mini'
import { open } from '../open.js'

/** The service requests the tools of an MCP server. */
export const McpListToolsInProgressEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('mcp_list_tools.in_progress'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The `mcp_list_tools` item. */
  item_id: z.string(),
})
export interface McpListToolsInProgressEvent extends z.infer<typeof McpListToolsInProgressEvent> {}

/** The tools of an MCP server are known. The item lists them. */
export const McpListToolsCompletedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('mcp_list_tools.completed'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The `mcp_list_tools` item. */
  item_id: z.string(),
})
export interface McpListToolsCompletedEvent extends z.infer<typeof McpListToolsCompletedEvent> {}

/** The service could not list the tools of an MCP server. */
export const McpListToolsFailedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('mcp_list_tools.failed'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The `mcp_list_tools` item. */
  item_id: z.string(),
})
export interface McpListToolsFailedEvent extends z.infer<typeof McpListToolsFailedEvent> {}

/** More of the arguments of a call of an MCP tool. */
export const ResponseMcpCallArgumentsDeltaEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.mcp_call_arguments.delta'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** JSON text to append. */
  delta: z.string(),
  /** Noise that hides the length of the text. */
  obfuscation: z.nullish(z.string()),
})
export interface ResponseMcpCallArgumentsDeltaEvent extends z.infer<typeof ResponseMcpCallArgumentsDeltaEvent> {}

/** The complete arguments of a call of an MCP tool. */
export const ResponseMcpCallArgumentsDoneEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.mcp_call_arguments.done'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** The arguments as JSON text. */
  arguments: z.string(),
})
export interface ResponseMcpCallArgumentsDoneEvent extends z.infer<typeof ResponseMcpCallArgumentsDoneEvent> {}

/** The service calls an MCP tool. */
export const ResponseMcpCallInProgressEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.mcp_call.in_progress'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** The `mcp_call` item. */
  item_id: z.string(),
})
export interface ResponseMcpCallInProgressEvent extends z.infer<typeof ResponseMcpCallInProgressEvent> {}

/** A call of an MCP tool completed. The item contains its output. */
export const ResponseMcpCallCompletedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.mcp_call.completed'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** The `mcp_call` item. */
  item_id: z.string(),
})
export interface ResponseMcpCallCompletedEvent extends z.infer<typeof ResponseMcpCallCompletedEvent> {}

/** A call of an MCP tool failed. The item contains the error. */
export const ResponseMcpCallFailedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.mcp_call.failed'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** The `mcp_call` item. */
  item_id: z.string(),
})
export interface ResponseMcpCallFailedEvent extends z.infer<typeof ResponseMcpCallFailedEvent> {}
