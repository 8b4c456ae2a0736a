import * as z from 'zod/mini'
import { integer } from './bounds.js'
import { AssistantContentInput, InputText, UserContentInput } from './content.js'
import { ItemStatus } from './items.js'
import { type Schema, strict, variants } from './open.js'
import { JsonObject } from './scalars.js'

// What the service ignores on items that it is sent; accepted so that a received item can be sent again.
const itemStatus = z.optional(ItemStatus)
const itemObject = z.optional(z.literal('realtime.item'))

/** Words of the developer to put in the conversation. */
export const SystemMessageItemInput = /* @__PURE__ */ strict({
  type: z.literal('message'),
  role: z.literal('system'),
  id: z.optional(z.string()),
  object: itemObject,
  status: itemStatus,
  content: z.array(InputText as Schema<InputText>),
})
export interface SystemMessageItemInput extends z.infer<typeof SystemMessageItemInput> {}

/** A turn of the user to put in the conversation. */
export const UserMessageItemInput = /* @__PURE__ */ strict({
  type: z.literal('message'),
  role: z.literal('user'),
  id: z.optional(z.string()),
  object: itemObject,
  status: itemStatus,
  content: z.array(UserContentInput),
})
export interface UserMessageItemInput extends z.infer<typeof UserMessageItemInput> {}

/** A message that the model is to have said. */
export const AssistantMessageItemInput = /* @__PURE__ */ strict({
  type: z.literal('message'),
  role: z.literal('assistant'),
  id: z.optional(z.string()),
  object: itemObject,
  status: itemStatus,
  content: z.array(AssistantContentInput),
})
export interface AssistantMessageItemInput extends z.infer<typeof AssistantMessageItemInput> {}

/** A call of a function that the model is to have made. */
export const FunctionCallItemInput = /* @__PURE__ */ strict({
  type: z.literal('function_call'),
  id: z.optional(z.string()),
  object: itemObject,
  status: itemStatus,
  call_id: z.optional(z.string()),
  name: z.string(),
  /** JSON text. */
  arguments: z.string(),
})
export interface FunctionCallItemInput extends z.infer<typeof FunctionCallItemInput> {}

/** The answer to a function call; the model reads it with the next response. */
export const FunctionCallOutputItemInput = /* @__PURE__ */ strict({
  type: z.literal('function_call_output'),
  id: z.optional(z.string()),
  object: itemObject,
  status: itemStatus,
  /** The `call_id` of the call that it answers. */
  call_id: z.string(),
  /** Text; encode JSON once. */
  output: z.string(),
})
export interface FunctionCallOutputItemInput extends z.infer<typeof FunctionCallOutputItemInput> {}

/** A request for approval that the model is to have made. */
export const McpApprovalRequestItemInput = /* @__PURE__ */ strict({
  type: z.literal('mcp_approval_request'),
  id: z.string(),
  server_label: z.string(),
  name: z.string(),
  /** JSON text. */
  arguments: z.string(),
})
export interface McpApprovalRequestItemInput extends z.infer<typeof McpApprovalRequestItemInput> {}

/** The answer to a request for approval. */
export const McpApprovalResponseItemInput = /* @__PURE__ */ strict({
  type: z.literal('mcp_approval_response'),
  id: z.string(),
  /** The `id` of the request that it answers. */
  approval_request_id: z.string(),
  approve: z.boolean(),
  reason: z.optional(z.nullable(z.string())),
})
export interface McpApprovalResponseItemInput extends z.infer<typeof McpApprovalResponseItemInput> {}

/** Why a call of an MCP tool is to have failed. */
export const McpErrorInput = /* @__PURE__ */ variants('type', [
  /* @__PURE__ */ strict({
    type: z.literal('protocol_error'),
    code: z.number().check(/* @__PURE__ */ integer()),
    message: z.string(),
  }),
  /* @__PURE__ */ strict({ type: z.literal('tool_execution_error'), message: z.string() }),
  /* @__PURE__ */ strict({
    type: z.literal('http_error'),
    code: z.number().check(/* @__PURE__ */ integer()),
    message: z.string(),
  }),
])
/** Why a call of an MCP tool is to have failed. */
export type McpErrorInput = z.infer<typeof McpErrorInput>

/** A call of an MCP tool that is to have happened. */
export const McpCallItemInput = /* @__PURE__ */ strict({
  type: z.literal('mcp_call'),
  id: z.string(),
  server_label: z.string(),
  name: z.string(),
  /** JSON text. */
  arguments: z.string(),
  approval_request_id: z.optional(z.nullable(z.string())),
  output: z.optional(z.nullable(z.string())),
  error: z.optional(z.nullable(McpErrorInput)),
})
export interface McpCallItemInput extends z.infer<typeof McpCallItemInput> {}

/** A tool that an MCP server is to have. */
export const McpListedToolInput = /* @__PURE__ */ strict({
  name: z.string(),
  description: z.optional(z.nullable(z.string())),
  /** The JSON Schema of the arguments. */
  input_schema: JsonObject,
  annotations: z.optional(z.nullable(JsonObject)),
})
export interface McpListedToolInput extends z.infer<typeof McpListedToolInput> {}

/** What an MCP server is to have to offer. */
export const McpListToolsItemInput = /* @__PURE__ */ strict({
  type: z.literal('mcp_list_tools'),
  id: z.optional(z.string()),
  server_label: z.string(),
  tools: z.array(McpListedToolInput as Schema<McpListedToolInput>),
})
export interface McpListToolsItemInput extends z.infer<typeof McpListToolsItemInput> {}

/** A message to create. */
export type MessageItemInput = SystemMessageItemInput | UserMessageItemInput | AssistantMessageItemInput
/** A message to create. */
export const MessageItemInput: Schema<MessageItemInput> = /* @__PURE__ */ variants('role', [
  SystemMessageItemInput,
  UserMessageItemInput,
  AssistantMessageItemInput,
])

/** An item to create. */
export type ConversationItemInput =
  | MessageItemInput
  | FunctionCallItemInput
  | FunctionCallOutputItemInput
  | McpApprovalRequestItemInput
  | McpApprovalResponseItemInput
  | McpCallItemInput
  | McpListToolsItemInput
/** An item to create. */
export const ConversationItemInput: Schema<ConversationItemInput> = /* @__PURE__ */ variants('type', [
  MessageItemInput,
  FunctionCallItemInput,
  FunctionCallOutputItemInput,
  McpApprovalRequestItemInput,
  McpApprovalResponseItemInput,
  McpCallItemInput,
  McpListToolsItemInput,
])

/** An item that the conversation already has, as input of one response. */
export const ItemReferenceInput = /* @__PURE__ */ strict({ type: z.literal('item_reference'), id: z.string() })
export interface ItemReferenceInput extends z.infer<typeof ItemReferenceInput> {}

/** What one response reads in place of the conversation: a new item, or a reference to one that exists. */
export type ResponseInputItem = ConversationItemInput | ItemReferenceInput
/** What one response reads in place of the conversation: a new item, or a reference to one that exists. */
export const ResponseInputItem: Schema<ResponseInputItem> = /* @__PURE__ */ variants('type', [
  ConversationItemInput,
  ItemReferenceInput,
])
