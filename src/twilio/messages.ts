import * as z from 'zod/mini'
import { atMost, base64, form } from '../protocol/bounds.js'
import { open, openString, type Schema, type Unrecognized, variants } from '../protocol/open.js'

// Twilio sends counts as strings, some compatible providers as numbers.
const Count = z.nullish(z.union([z.string(), z.number()]))

/** Maximum base64 characters of audio in one message: six seconds of mu-law. 20 ms are usual. */
export const maxPayloadLength = 65_536

/** G.711 audio at 8 kHz as base64, without a header. */
export const TwilioPayload = z
  .string()
  .check(
    /* @__PURE__ */ atMost(maxPayloadLength),
    /* @__PURE__ */ form(/^[A-Za-z0-9+/]*={0,2}$/),
    /* @__PURE__ */ base64(),
  )

/** The first message of a connection. */
export const TwilioConnectedMessage = /* @__PURE__ */ open({
  event: z.literal('connected'),
  protocol: z.nullish(z.string()),
  version: z.nullish(z.string()),
})
export interface TwilioConnectedMessage extends z.infer<typeof TwilioConnectedMessage> {}

/** Encoding of a stream's audio. */
export const TwilioMediaFormat = /* @__PURE__ */ open({
  encoding: z.string(),
  /** Samples per second. */
  sampleRate: z.nullish(z.number()),
  channels: z.nullish(z.number()),
})
export interface TwilioMediaFormat extends z.infer<typeof TwilioMediaFormat> {}

/** Description of a stream. Sent once, before all audio. */
export const TwilioStartMessage = /* @__PURE__ */ open({
  event: z.literal('start'),
  sequenceNumber: Count,
  streamSid: z.string(),
  start: /* @__PURE__ */ open({
    accountSid: z.nullish(z.string()),
    callSid: z.string(),
    /** Tracks that the stream contains. */
    tracks: z.nullish(z.array(/* @__PURE__ */ openString<'inbound' | 'outbound'>())),
    /** Values of the stream's `<Parameter>` elements by name. */
    customParameters: z.nullish(z.record(z.string(), z.string())),
    mediaFormat: z.nullish(TwilioMediaFormat as Schema<TwilioMediaFormat>),
  }),
})
export interface TwilioStartMessage extends z.infer<typeof TwilioStartMessage> {}

/** A chunk of audio, usually 20 ms. */
export const TwilioMediaMessage = /* @__PURE__ */ open({
  event: z.literal('media'),
  sequenceNumber: Count,
  streamSid: z.string(),
  media: /* @__PURE__ */ open({
    /** `inbound` is the audio of the caller. */
    track: z.nullish(/* @__PURE__ */ openString<'inbound' | 'outbound'>()),
    /** Number of the chunk, from 1. */
    chunk: Count,
    /** Milliseconds since the start of the stream. */
    timestamp: Count,
    payload: TwilioPayload,
  }),
})
export interface TwilioMediaMessage extends z.infer<typeof TwilioMediaMessage> {}

/** The caller pressed a key. */
export const TwilioDtmfMessage = /* @__PURE__ */ open({
  event: z.literal('dtmf'),
  sequenceNumber: Count,
  streamSid: z.string(),
  dtmf: /* @__PURE__ */ open({
    track: z.nullish(z.string()),
    /** 0 to 9, `*`, `#`, or A to D. */
    digit: z.string(),
  }),
})
export interface TwilioDtmfMessage extends z.infer<typeof TwilioDtmfMessage> {}

/** All audio before a mark was played, or removed by `clear`. */
export const TwilioMarkMessage = /* @__PURE__ */ open({
  event: z.literal('mark'),
  sequenceNumber: Count,
  streamSid: z.string(),
  mark: /* @__PURE__ */ open({ name: z.string() }),
})
export interface TwilioMarkMessage extends z.infer<typeof TwilioMarkMessage> {}

/** The stream ended, usually because the caller hung up. */
export const TwilioStopMessage = /* @__PURE__ */ open({
  event: z.literal('stop'),
  sequenceNumber: Count,
  streamSid: z.string(),
  stop: z.nullish(/* @__PURE__ */ open({ accountSid: z.nullish(z.string()), callSid: z.nullish(z.string()) })),
})
export interface TwilioStopMessage extends z.infer<typeof TwilioStopMessage> {}

/** Message from the provider. */
export type TwilioMessage =
  | TwilioConnectedMessage
  | TwilioStartMessage
  | TwilioMediaMessage
  | TwilioDtmfMessage
  | TwilioMarkMessage
  | TwilioStopMessage

/** Schemas of the provider's messages by `event`. Undeclared fields pass through. */
export const twilioMessageSchemas = {
  connected: TwilioConnectedMessage,
  start: TwilioStartMessage,
  media: TwilioMediaMessage,
  dtmf: TwilioDtmfMessage,
  mark: TwilioMarkMessage,
  stop: TwilioStopMessage,
} as const

/** A message with an unknown `event`. A `switch` over `event` narrows as if this type were absent. */
export interface UnknownTwilioMessage {
  event: Unrecognized
  [field: string]: unknown
}

/** Queues audio for the caller, behind the audio that was sent before. */
export const TwilioMediaCommand = z.strictObject({
  event: z.literal('media'),
  streamSid: z.string(),
  media: z.strictObject({ payload: TwilioPayload }),
})
export interface TwilioMediaCommand extends z.infer<typeof TwilioMediaCommand> {}

/** Requests a mark with the same name when all audio before it was played or removed. */
export const TwilioMarkCommand = z.strictObject({
  event: z.literal('mark'),
  streamSid: z.string(),
  mark: z.strictObject({ name: z.string() }),
})
export interface TwilioMarkCommand extends z.infer<typeof TwilioMarkCommand> {}

/** Removes all audio that was not played yet. Its marks are returned at once. */
export const TwilioClearCommand = z.strictObject({ event: z.literal('clear'), streamSid: z.string() })
export interface TwilioClearCommand extends z.infer<typeof TwilioClearCommand> {}

/** Message to the provider. */
export type TwilioCommand = TwilioMediaCommand | TwilioMarkCommand | TwilioClearCommand
/** Schema of messages to the provider. */
export const TwilioCommand: Schema<TwilioCommand> = /* @__PURE__ */ variants('event', [
  TwilioMediaCommand,
  TwilioMarkCommand,
  TwilioClearCommand,
])
