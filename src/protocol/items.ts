import * as z from 'zod/mini'
import { AssistantContent, ContentPart, SystemContent, UserContent } from './content.js'
import {
  open,
  openString,
  type Schema,
  type UnknownVariant,
  type Unrecognized,
  unknownVariant,
  unrecognized,
  variants,
} from './open.js'
import { JsonObject } from './scalars.js'

/** The state of an item. */
export const ItemStatus = z.literal(['completed', 'incomplete', 'in_progress'])
/** The state of an item. */
export type ItemStatus = z.infer<typeof ItemStatus>

/** A system message, as received. */
export const SystemMessageItem = /* @__PURE__ */ open({
  /** The kind of item. */
  type: z.literal('message'),
  /** The sender of the message. */
  role: z.literal('system'),
  /** The identifier of the item. */
  id: z.string(),
  /** The kind of resource. GA servers leave it out of items. */
  object: z.nullish(/* @__PURE__ */ openString<'realtime.item'>()),
  /** The state of the item. */
  status: z.nullish(/* @__PURE__ */ openString<ItemStatus>()),
  /** The content parts of the message. Other servers may leave them out; a session adds an empty list. */
  content: z.nullish(z.array(SystemContent)) as unknown as Schema<SystemContent[]>,
})
export interface SystemMessageItem extends z.infer<typeof SystemMessageItem> {}

/** A turn of the user, as received. */
export const UserMessageItem = /* @__PURE__ */ open({
  /** The kind of item. */
  type: z.literal('message'),
  /** The sender of the message. */
  role: z.literal('user'),
  /** The identifier of the item. */
  id: z.string(),
  /** The kind of resource. GA servers leave it out of items. */
  object: z.nullish(/* @__PURE__ */ openString<'realtime.item'>()),
  /** The state of the item. */
  status: z.nullish(/* @__PURE__ */ openString<ItemStatus>()),
  /** The content parts of the message. Other servers may leave them out; a session adds an empty list. */
  content: z.nullish(z.array(UserContent)) as unknown as Schema<UserContent[]>,
})
export interface UserMessageItem extends z.infer<typeof UserMessageItem> {}

/** A message of the model, as received. A response may contain several. */
export const AssistantMessageItem = /* @__PURE__ */ open({
  /** The kind of item. */
  type: z.literal('message'),
  /** The sender of the message. */
  role: z.literal('assistant'),
  /** The identifier of the item. */
  id: z.string(),
  /** The kind of resource. GA servers leave it out of items. */
  object: z.nullish(/* @__PURE__ */ openString<'realtime.item'>()),
  /** The state of the item. */
  status: z.nullish(/* @__PURE__ */ openString<ItemStatus>()),
  /** The content parts of the message. Empty until the parts are added. Other servers may leave them out; a session adds an empty list. */
  content: z.nullish(z.array(AssistantContent)) as unknown as Schema<AssistantContent[]>,
  /** Whether the message is commentary or the final answer. Not in the official document; gpt-realtime-2.1 sends it. */
  phase: z.nullish(/* @__PURE__ */ openString<'commentary' | 'final_answer'>()),
})
export interface AssistantMessageItem extends z.infer<typeof AssistantMessageItem> {}

/** A function call of the model, as received. */
export const FunctionCallItem = /* @__PURE__ */ open({
  /** The kind of item. */
  type: z.literal('function_call'),
  /** The identifier of the item. */
  id: z.string(),
  /** The kind of resource. GA servers leave it out of items. */
  object: z.nullish(/* @__PURE__ */ openString<'realtime.item'>()),
  /** The state of the item. */
  status: z.nullish(/* @__PURE__ */ openString<ItemStatus>()),
  /** The identifier of the call. The output must repeat it. */
  call_id: z.string(),
  /** The name of the function. */
  name: z.string(),
  /** The arguments as JSON text. Complete once the item is done. */
  arguments: z.string(),
})
export interface FunctionCallItem extends z.infer<typeof FunctionCallItem> {}

/** The output of a function call, as received. */
export const FunctionCallOutputItem = /* @__PURE__ */ open({
  /** The kind of item. */
  type: z.literal('function_call_output'),
  /** The identifier of the item. */
  id: z.string(),
  /** The kind of resource. GA servers leave it out of items. */
  object: z.nullish(/* @__PURE__ */ openString<'realtime.item'>()),
  /** The state of the item. */
  status: z.nullish(/* @__PURE__ */ openString<ItemStatus>()),
  /** The `call_id` of the call. */
  call_id: z.string(),
  /** The output text. */
  output: z.string(),
})
export interface FunctionCallOutputItem extends z.infer<typeof FunctionCallOutputItem> {}

/** A call of an MCP tool that waits for the client's approval, as received. */
export const McpApprovalRequestItem = /* @__PURE__ */ open({
  /** The kind of item. */
  type: z.literal('mcp_approval_request'),
  /** The identifier of the item. */
  id: z.string(),
  /** The label of the MCP server. */
  server_label: z.string(),
  /** The name of the tool. */
  name: z.string(),
  /** The arguments as JSON text. */
  arguments: z.string(),
})
export interface McpApprovalRequestItem extends z.infer<typeof McpApprovalRequestItem> {}

/** The client's response to an approval request, as received. */
export const McpApprovalResponseItem = /* @__PURE__ */ open({
  /** The kind of item. */
  type: z.literal('mcp_approval_response'),
  /** The identifier of the item. */
  id: z.string(),
  /** The `id` of the approval request. */
  approval_request_id: z.string(),
  /** Whether the call is approved. */
  approve: z.boolean(),
  /** The reason for the decision. */
  reason: z.nullish(z.string()),
})
export interface McpApprovalResponseItem extends z.infer<typeof McpApprovalResponseItem> {}

/** Why a call of an MCP tool failed. */
export const McpError = /* @__PURE__ */ open({
  /** Where the call failed: in the protocol, in the tool, or in the HTTP request. */
  type: /* @__PURE__ */ openString<'protocol_error' | 'tool_execution_error' | 'http_error'>(),
  /** The JSON-RPC error code or HTTP status. A `tool_execution_error` has none. */
  code: z.nullish(z.number()),
  /** The description of the error. */
  message: z.string(),
})
export interface McpError extends z.infer<typeof McpError> {}

/** A call of an MCP tool by the service, as received. */
export const McpCallItem = /* @__PURE__ */ open({
  /** The kind of item. */
  type: z.literal('mcp_call'),
  /** The identifier of the item. */
  id: z.string(),
  /** The label of the MCP server. */
  server_label: z.string(),
  /** The name of the tool. */
  name: z.string(),
  /** The arguments as JSON text. */
  arguments: z.string(),
  /** The `id` of the approval request, if there was one. */
  approval_request_id: z.nullish(z.string()),
  /** The output of the tool; `null` until it completes, or if it failed. */
  output: z.nullish(z.string()),
  /** Why the call failed; `null` if it did not. */
  error: z.nullish(McpError as Schema<McpError>),
})
export interface McpCallItem extends z.infer<typeof McpCallItem> {}

/** A tool of an MCP server, as received. */
export const McpListedTool = /* @__PURE__ */ open({
  /** The name of the tool. */
  name: z.string(),
  /** The description of the tool. */
  description: z.nullish(z.string()),
  /** The JSON Schema of the arguments. */
  input_schema: JsonObject,
  /** The MCP annotations of the tool, such as `readOnlyHint`. */
  annotations: z.nullish(JsonObject),
})
export interface McpListedTool extends z.infer<typeof McpListedTool> {}

/** The tools of an MCP server, as received. */
export const McpListToolsItem = /* @__PURE__ */ open({
  /** The kind of item. */
  type: z.literal('mcp_list_tools'),
  /** The identifier of the item. */
  id: z.string(),
  /** The label of the MCP server. */
  server_label: z.string(),
  /** The tools of the MCP server. */
  tools: z.array(McpListedTool as Schema<McpListedTool>),
})
export interface McpListToolsItem extends z.infer<typeof McpListToolsItem> {}

/** A message with a role that this version does not know, such as `developer` on some servers, as received. */
export interface OtherMessageItem extends Omit<SystemMessageItem, 'role' | 'content'> {
  /** The sender of the message. */
  role: Unrecognized
  /** The content parts of the message. */
  content: ContentPart[]
}
/** A message with a role that this version does not know, such as `developer` on some servers, as received. */
export const OtherMessageItem: Schema<OtherMessageItem> = /* @__PURE__ */ open({
  /** The kind of item. */
  type: z.literal('message'),
  /** The sender of the message. */
  role: /* @__PURE__ */ unrecognized(['system', 'user', 'assistant']),
  /** The identifier of the item. */
  id: z.string(),
  /** The kind of resource. GA servers leave it out of items. */
  object: z.nullish(/* @__PURE__ */ openString<'realtime.item'>()),
  /** The state of the item. */
  status: z.nullish(/* @__PURE__ */ openString<ItemStatus>()),
  /** The content parts of the message. Other servers may leave them out; a session adds an empty list. */
  content: z.nullish(z.array(ContentPart)) as unknown as Schema<ContentPart[]>,
})

/** A message of the conversation, as received. */
export type MessageItem = SystemMessageItem | UserMessageItem | AssistantMessageItem | OtherMessageItem
/** A message of the conversation, as received. */
export const MessageItem: Schema<MessageItem> = z.union([
  /* @__PURE__ */ variants('role', [SystemMessageItem, UserMessageItem, AssistantMessageItem]),
  OtherMessageItem,
])

/** An item of the conversation, as received. An item of an unknown type has the fields of `UnknownVariant`. */
export type ConversationItem =
  | MessageItem
  | FunctionCallItem
  | FunctionCallOutputItem
  | McpApprovalRequestItem
  | McpApprovalResponseItem
  | McpCallItem
  | McpListToolsItem
  | UnknownVariant
/** An item of the conversation, as received. An item of an unknown type has the fields of `UnknownVariant`. */
export const ConversationItem: Schema<ConversationItem> = z.union([
  /* @__PURE__ */ variants('type', [
    MessageItem,
    FunctionCallItem,
    FunctionCallOutputItem,
    McpApprovalRequestItem,
    McpApprovalResponseItem,
    McpCallItem,
    McpListToolsItem,
  ]),
  /* @__PURE__ */ unknownVariant([
    'message',
    'function_call',
    'function_call_output',
    'mcp_approval_request',
    'mcp_approval_response',
    'mcp_call',
    'mcp_list_tools',
  ]),
])
