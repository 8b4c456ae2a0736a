import * as z from 'zod/mini'
import { integer } from './bounds.js'
import { AssistantContentInput, InputText, UserContentInput } from './content.js'
import type { WithExtra } from './extra.js'
import { ItemStatus } from './items.js'
import { type Schema, strict, variants } from './open.js'
import { JsonObject } from './scalars.js'

// What the service ignores on items that it is sent; accepted so that a received item can be sent again.
const itemStatus = z.optional(ItemStatus)
const itemObject = z.optional(z.literal('realtime.item'))

/**
 * A system message to add to the conversation. Use it for smaller changes of context; for larger ones, change the
 * instructions.
 */
export const SystemMessageItemInput = /* @__PURE__ */ strict({
  /** Selects a message. */
  type: z.literal('message'),
  /** Selects a system message. */
  role: z.literal('system'),
  /**
   * An identifier of your choice, reported to be limited to 32 characters. The server generates one if you leave it
   * out.
   */
  id: z.optional(z.string()),
  /** The kind of resource. It has no effect; it is accepted so that a received item can be sent again. */
  object: itemObject,
  /** The state of the item. It has no effect; it is accepted so that a received item can be sent again. */
  status: itemStatus,
  /** The text of the message. */
  content: z.array(InputText as Schema<InputText>),
})
export interface SystemMessageItemInput extends z.infer<typeof SystemMessageItemInput>, WithExtra {}

/** A turn of the user to add to the conversation. */
export const UserMessageItemInput = /* @__PURE__ */ strict({
  /** Selects a message. */
  type: z.literal('message'),
  /** Selects a user message. */
  role: z.literal('user'),
  /**
   * An identifier of your choice, reported to be limited to 32 characters. The server generates one if you leave it
   * out.
   */
  id: z.optional(z.string()),
  /** The kind of resource. It has no effect; it is accepted so that a received item can be sent again. */
  object: itemObject,
  /** The state of the item. It has no effect; it is accepted so that a received item can be sent again. */
  status: itemStatus,
  /** The text, audio, and images of the message. */
  content: z.array(UserContentInput),
})
export interface UserMessageItemInput extends z.infer<typeof UserMessageItemInput>, WithExtra {}

/** A message of the model to add to the conversation, such as one of an earlier session. */
export const AssistantMessageItemInput = /* @__PURE__ */ strict({
  /** Selects a message. */
  type: z.literal('message'),
  /** Selects an assistant message. */
  role: z.literal('assistant'),
  /**
   * An identifier of your choice, reported to be limited to 32 characters. The server generates one if you leave it
   * out.
   */
  id: z.optional(z.string()),
  /** The kind of resource. It has no effect; it is accepted so that a received item can be sent again. */
  object: itemObject,
  /** The state of the item. It has no effect; it is accepted so that a received item can be sent again. */
  status: itemStatus,
  /** The content parts of the message. Use `output_text`: assistant audio cannot be restored. */
  content: z.array(AssistantContentInput),
})
export interface AssistantMessageItemInput extends z.infer<typeof AssistantMessageItemInput>, WithExtra {}

/** A function call to add to the conversation, such as one of an earlier session. */
export const FunctionCallItemInput = /* @__PURE__ */ strict({
  /** Selects a function call. */
  type: z.literal('function_call'),
  /**
   * An identifier of your choice, reported to be limited to 32 characters. The server generates one if you leave it
   * out.
   */
  id: z.optional(z.string()),
  /** The kind of resource. It has no effect; it is accepted so that a received item can be sent again. */
  object: itemObject,
  /** The state of the item. It has no effect; it is accepted so that a received item can be sent again. */
  status: itemStatus,
  /** The identifier of the call, reported to be limited to 32 characters. The output repeats it. */
  call_id: z.optional(z.string()),
  /** The name of the function. */
  name: z.string(),
  /** The arguments as JSON text. */
  arguments: z.string(),
})
export interface FunctionCallItemInput extends z.infer<typeof FunctionCallItemInput>, WithExtra {}

/** The output of a function call. The model reads it in the next response. */
export const FunctionCallOutputItemInput = /* @__PURE__ */ strict({
  /** Selects the output of a function call. */
  type: z.literal('function_call_output'),
  /**
   * An identifier of your choice, reported to be limited to 32 characters. The server generates one if you leave it
   * out.
   */
  id: z.optional(z.string()),
  /** The kind of resource. It has no effect; it is accepted so that a received item can be sent again. */
  object: itemObject,
  /** The state of the item. It has no effect; it is accepted so that a received item can be sent again. */
  status: itemStatus,
  /** The `call_id` of the call. The server checks that the conversation contains the call. */
  call_id: z.string(),
  /** The output as text, which may be empty. Encode JSON once. */
  output: z.string(),
})
export interface FunctionCallOutputItemInput extends z.infer<typeof FunctionCallOutputItemInput>, WithExtra {}

/** An approval request to add to the conversation, such as one of an earlier session. */
export const McpApprovalRequestItemInput = /* @__PURE__ */ strict({
  /** Selects an approval request. */
  type: z.literal('mcp_approval_request'),
  /** The identifier of the approval request. */
  id: z.string(),
  /** The label of the MCP server. */
  server_label: z.string(),
  /** The name of the tool. */
  name: z.string(),
  /** The arguments as JSON text. */
  arguments: z.string(),
})
export interface McpApprovalRequestItemInput extends z.infer<typeof McpApprovalRequestItemInput>, WithExtra {}

/** The response to an approval request. */
export const McpApprovalResponseItemInput = /* @__PURE__ */ strict({
  /** Selects the response to an approval request. */
  type: z.literal('mcp_approval_response'),
  /** The identifier of this item. */
  id: z.string(),
  /** The `id` of the approval request. */
  approval_request_id: z.string(),
  /** Whether the service may call the tool. */
  approve: z.boolean(),
  /** The reason for the decision. */
  reason: z.optional(z.nullable(z.string())),
})
export interface McpApprovalResponseItemInput extends z.infer<typeof McpApprovalResponseItemInput>, WithExtra {}

/** Why a call of an MCP tool failed, for a call to add to the conversation. */
export const McpErrorInput = /* @__PURE__ */ variants('type', [
  /* @__PURE__ */ strict({
    /** Where the call failed. */
    type: z.literal('protocol_error'),
    /** The JSON-RPC error code or the HTTP status, an integer. */
    code: z.number().check(/* @__PURE__ */ integer()),
    /** The description of the error. */
    message: z.string(),
  }),
  /* @__PURE__ */ strict({
    /** Where the call failed. */
    type: z.literal('tool_execution_error'),
    /** The description of the error. */
    message: z.string(),
  }),
  /* @__PURE__ */ strict({
    /** Where the call failed. */
    type: z.literal('http_error'),
    /** The JSON-RPC error code or the HTTP status, an integer. */
    code: z.number().check(/* @__PURE__ */ integer()),
    /** The description of the error. */
    message: z.string(),
  }),
])
/** Why a call of an MCP tool failed, for a call to add to the conversation. */
export type McpErrorInput = z.infer<typeof McpErrorInput>

/** A finished call of an MCP tool to add to the conversation, such as one of an earlier session. */
export const McpCallItemInput = /* @__PURE__ */ strict({
  /** Selects a call of an MCP tool. */
  type: z.literal('mcp_call'),
  /** The identifier of the call. */
  id: z.string(),
  /** The label of the MCP server. */
  server_label: z.string(),
  /** The name of the tool. */
  name: z.string(),
  /** The arguments as JSON text. */
  arguments: z.string(),
  /** The `id` of the approval request, if there was one. */
  approval_request_id: z.optional(z.nullable(z.string())),
  /** The output of the tool. */
  output: z.optional(z.nullable(z.string())),
  /** Why the call failed, if it did. */
  error: z.optional(z.nullable(McpErrorInput)),
})
export interface McpCallItemInput extends z.infer<typeof McpCallItemInput>, WithExtra {}

/** A tool of an MCP server, for a list to add to the conversation. */
export const McpListedToolInput = /* @__PURE__ */ strict({
  /** The name of the tool. */
  name: z.string(),
  /** The description of the tool. */
  description: z.optional(z.nullable(z.string())),
  /** The JSON Schema of the arguments. */
  input_schema: JsonObject,
  /** The MCP annotations of the tool, such as `readOnlyHint`. */
  annotations: z.optional(z.nullable(JsonObject)),
})
export interface McpListedToolInput extends z.infer<typeof McpListedToolInput> {}

/** The tools of an MCP server, to add to the conversation. */
export const McpListToolsItemInput = /* @__PURE__ */ strict({
  /** Selects a list of MCP tools. */
  type: z.literal('mcp_list_tools'),
  /** The identifier of the list. */
  id: z.optional(z.string()),
  /** The label of the MCP server. */
  server_label: z.string(),
  /** The tools of the MCP server. */
  tools: z.array(McpListedToolInput as Schema<McpListedToolInput>),
})
export interface McpListToolsItemInput extends z.infer<typeof McpListToolsItemInput>, WithExtra {}

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

/** An item that the conversation contains, as input of one response. */
export const ItemReferenceInput = /* @__PURE__ */ strict({
  /** Selects a reference. */
  type: z.literal('item_reference'),
  /** The identifier of the item. */
  id: z.string(),
})
export interface ItemReferenceInput extends z.infer<typeof ItemReferenceInput> {}

/** An item that one response reads in place of the conversation: a new item, or a reference to an existing one. */
export type ResponseInputItem = ConversationItemInput | ItemReferenceInput
/** An item that one response reads in place of the conversation: a new item, or a reference to an existing one. */
export const ResponseInputItem: Schema<ResponseInputItem> = /* @__PURE__ */ variants('type', [
  ConversationItemInput,
  ItemReferenceInput,
])
