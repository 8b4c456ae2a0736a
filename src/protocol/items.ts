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

/** How far an item has come. */
export const ItemStatus = z.literal(['completed', 'incomplete', 'in_progress'])
/** How far an item has come. */
export type ItemStatus = z.infer<typeof ItemStatus>

/** Words of the developer in the conversation, as received. */
export const SystemMessageItem = /* @__PURE__ */ open({
  type: z.literal('message'),
  role: z.literal('system'),
  id: z.string(),
  object: z.nullish(/* @__PURE__ */ openString<'realtime.item'>()),
  status: z.nullish(/* @__PURE__ */ openString<ItemStatus>()),
  content: z.array(SystemContent as Schema<SystemContent>),
})
export interface SystemMessageItem extends z.infer<typeof SystemMessageItem> {}

/** A turn of the user, as received. */
export const UserMessageItem = /* @__PURE__ */ open({
  type: z.literal('message'),
  role: z.literal('user'),
  id: z.string(),
  object: z.nullish(/* @__PURE__ */ openString<'realtime.item'>()),
  status: z.nullish(/* @__PURE__ */ openString<ItemStatus>()),
  content: z.array(UserContent as Schema<UserContent>),
})
export interface UserMessageItem extends z.infer<typeof UserMessageItem> {}

/** A message of the model, as received; a response may hold several. */
export const AssistantMessageItem = /* @__PURE__ */ open({
  type: z.literal('message'),
  role: z.literal('assistant'),
  id: z.string(),
  object: z.nullish(/* @__PURE__ */ openString<'realtime.item'>()),
  status: z.nullish(/* @__PURE__ */ openString<ItemStatus>()),
  content: z.array(AssistantContent as Schema<AssistantContent>),
  /** Whether it goes with the work or answers; undocumented, sent by gpt-realtime-2.1. */
  phase: z.nullish(/* @__PURE__ */ openString<'commentary' | 'final_answer'>()),
})
export interface AssistantMessageItem extends z.infer<typeof AssistantMessageItem> {}

/** A call of a function by the model, as received. */
export const FunctionCallItem = /* @__PURE__ */ open({
  type: z.literal('function_call'),
  id: z.string(),
  object: z.nullish(/* @__PURE__ */ openString<'realtime.item'>()),
  status: z.nullish(/* @__PURE__ */ openString<ItemStatus>()),
  /** What the output must name. */
  call_id: z.string(),
  name: z.string(),
  /** JSON text; complete once the item is done. */
  arguments: z.string(),
})
export interface FunctionCallItem extends z.infer<typeof FunctionCallItem> {}

/** The answer of the client to a function call, as received. */
export const FunctionCallOutputItem = /* @__PURE__ */ open({
  type: z.literal('function_call_output'),
  id: z.string(),
  object: z.nullish(/* @__PURE__ */ openString<'realtime.item'>()),
  status: z.nullish(/* @__PURE__ */ openString<ItemStatus>()),
  call_id: z.string(),
  output: z.string(),
})
export interface FunctionCallOutputItem extends z.infer<typeof FunctionCallOutputItem> {}

/** A call of an MCP tool that waits for the client's approval, as received. */
export const McpApprovalRequestItem = /* @__PURE__ */ open({
  type: z.literal('mcp_approval_request'),
  id: z.string(),
  server_label: z.string(),
  name: z.string(),
  /** JSON text. */
  arguments: z.string(),
})
export interface McpApprovalRequestItem extends z.infer<typeof McpApprovalRequestItem> {}

/** The client's answer to a request for approval, as received. */
export const McpApprovalResponseItem = /* @__PURE__ */ open({
  type: z.literal('mcp_approval_response'),
  id: z.string(),
  approval_request_id: z.string(),
  approve: z.boolean(),
  reason: z.nullish(z.string()),
})
export interface McpApprovalResponseItem extends z.infer<typeof McpApprovalResponseItem> {}

/** Why a call of an MCP tool failed. */
export const McpError = /* @__PURE__ */ open({
  type: /* @__PURE__ */ openString<'protocol_error' | 'tool_execution_error' | 'http_error'>(),
  /** A JSON-RPC or HTTP code; a tool's own error has none. */
  code: z.nullish(z.number()),
  message: z.string(),
})
export interface McpError extends z.infer<typeof McpError> {}

/** A call of an MCP tool by the service, as received. */
export const McpCallItem = /* @__PURE__ */ open({
  type: z.literal('mcp_call'),
  id: z.string(),
  server_label: z.string(),
  name: z.string(),
  /** JSON text. */
  arguments: z.string(),
  approval_request_id: z.nullish(z.string()),
  output: z.nullish(z.string()),
  error: z.nullish(McpError as Schema<McpError>),
})
export interface McpCallItem extends z.infer<typeof McpCallItem> {}

/** A tool that an MCP server has, as received. */
export const McpListedTool = /* @__PURE__ */ open({
  name: z.string(),
  description: z.nullish(z.string()),
  /** The JSON Schema of the arguments. */
  input_schema: JsonObject,
  annotations: z.nullish(JsonObject),
})
export interface McpListedTool extends z.infer<typeof McpListedTool> {}

/** What an MCP server has to offer, as received. */
export const McpListToolsItem = /* @__PURE__ */ open({
  type: z.literal('mcp_list_tools'),
  id: z.string(),
  server_label: z.string(),
  tools: z.array(McpListedTool as Schema<McpListedTool>),
})
export interface McpListToolsItem extends z.infer<typeof McpListToolsItem> {}

/** A message in a role that this version does not know, such as `developer` on some servers, as received. */
export interface OtherMessageItem extends Omit<SystemMessageItem, 'role' | 'content'> {
  role: Unrecognized
  content: ContentPart[]
}
/** A message in a role that this version does not know, such as `developer` on some servers, as received. */
export const OtherMessageItem: Schema<OtherMessageItem> = /* @__PURE__ */ open({
  type: z.literal('message'),
  role: /* @__PURE__ */ unrecognized(['system', 'user', 'assistant']),
  id: z.string(),
  object: z.nullish(/* @__PURE__ */ openString<'realtime.item'>()),
  status: z.nullish(/* @__PURE__ */ openString<ItemStatus>()),
  content: z.array(ContentPart as Schema<ContentPart>),
})

/** A message of the conversation, as received. */
export type MessageItem = SystemMessageItem | UserMessageItem | AssistantMessageItem | OtherMessageItem
/** A message of the conversation, as received. */
export const MessageItem: Schema<MessageItem> = z.union([
  /* @__PURE__ */ variants('role', [SystemMessageItem, UserMessageItem, AssistantMessageItem]),
  OtherMessageItem,
])

/** An item of the conversation, as received; one of an unknown type has the fields of `UnknownVariant`. */
export type ConversationItem =
  | MessageItem
  | FunctionCallItem
  | FunctionCallOutputItem
  | McpApprovalRequestItem
  | McpApprovalResponseItem
  | McpCallItem
  | McpListToolsItem
  | UnknownVariant
/** An item of the conversation, as received; one of an unknown type has the fields of `UnknownVariant`. */
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
