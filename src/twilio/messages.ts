import * as z from 'zod/mini'
import { atMost, base64, form } from '../protocol/bounds.js'
import { open, openString, type Schema, type Unrecognized, variants } from '../protocol/open.js'

// Twilio counts in text, some of those who speak its language in numbers.
const Count = z.nullish(z.union([z.string(), z.number()]))

/** The most base64 characters of sound in one message: six seconds of mu-law, where 20 ms are usual. */
export const maxPayloadLength = 65_536

/** Mu-law at 8 kHz as base64, without any header. */
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

/** How the sound of a stream is encoded. */
export const TwilioMediaFormat = /* @__PURE__ */ open({
  encoding: z.string(),
  /** Samples per second. */
  sampleRate: z.nullish(z.number()),
  channels: z.nullish(z.number()),
})
export interface TwilioMediaFormat extends z.infer<typeof TwilioMediaFormat> {}

/** What a stream is about; it comes once, before all sound. */
export const TwilioStartMessage = /* @__PURE__ */ open({
  event: z.literal('start'),
  sequenceNumber: Count,
  streamSid: z.string(),
  start: /* @__PURE__ */ open({
    accountSid: z.nullish(z.string()),
    callSid: z.string(),
    /** Whose sound follows. */
    tracks: z.nullish(z.array(/* @__PURE__ */ openString<'inbound' | 'outbound'>())),
    /** What the `<Parameter>`s of the stream say, by their names. */
    customParameters: z.nullish(z.record(z.string(), z.string())),
    mediaFormat: z.nullish(TwilioMediaFormat as Schema<TwilioMediaFormat>),
  }),
})
export interface TwilioStartMessage extends z.infer<typeof TwilioStartMessage> {}

/** A piece of sound, 20 ms as a rule. */
export const TwilioMediaMessage = /* @__PURE__ */ open({
  event: z.literal('media'),
  sequenceNumber: Count,
  streamSid: z.string(),
  media: /* @__PURE__ */ open({
    /** `inbound` is what the caller says. */
    track: z.nullish(/* @__PURE__ */ openString<'inbound' | 'outbound'>()),
    /** The number of this piece, from 1. */
    chunk: Count,
    /** Milliseconds since the beginning of the stream. */
    timestamp: Count,
    payload: TwilioPayload,
  }),
})
export interface TwilioMediaMessage extends z.infer<typeof TwilioMediaMessage> {}

/** A key of the telephone was pressed. */
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

/** All sound before a mark was heard, or a `clear` has thrown it away. */
export const TwilioMarkMessage = /* @__PURE__ */ open({
  event: z.literal('mark'),
  sequenceNumber: Count,
  streamSid: z.string(),
  mark: /* @__PURE__ */ open({ name: z.string() }),
})
export interface TwilioMarkMessage extends z.infer<typeof TwilioMarkMessage> {}

/** The stream is over, most often because the caller hung up. */
export const TwilioStopMessage = /* @__PURE__ */ open({
  event: z.literal('stop'),
  sequenceNumber: Count,
  streamSid: z.string(),
  stop: z.nullish(/* @__PURE__ */ open({ accountSid: z.nullish(z.string()), callSid: z.nullish(z.string()) })),
})
export interface TwilioStopMessage extends z.infer<typeof TwilioStopMessage> {}

/** What the provider sends. */
export type TwilioMessage =
  | TwilioConnectedMessage
  | TwilioStartMessage
  | TwilioMediaMessage
  | TwilioDtmfMessage
  | TwilioMarkMessage
  | TwilioStopMessage

/** The schemas of what the provider sends, by `event`. Fields that are not declared pass through. */
export const twilioMessageSchemas = {
  connected: TwilioConnectedMessage,
  start: TwilioStartMessage,
  media: TwilioMediaMessage,
  dtmf: TwilioDtmfMessage,
  mark: TwilioMarkMessage,
  stop: TwilioStopMessage,
} as const

/** A message whose `event` this version does not know; a `switch` over `event` narrows as if it were not there. */
export interface UnknownTwilioMessage {
  event: Unrecognized
  [field: string]: unknown
}

/** Sound for the caller. It is queued behind what was sent before. */
export const TwilioMediaCommand = z.strictObject({
  event: z.literal('media'),
  streamSid: z.string(),
  media: z.strictObject({ payload: TwilioPayload }),
})
export interface TwilioMediaCommand extends z.infer<typeof TwilioMediaCommand> {}

/** Asks to be told, by a mark of the same name, when all sound before it was heard or thrown away. */
export const TwilioMarkCommand = z.strictObject({
  event: z.literal('mark'),
  streamSid: z.string(),
  mark: z.strictObject({ name: z.string() }),
})
export interface TwilioMarkCommand extends z.infer<typeof TwilioMarkCommand> {}

/** Throws away all sound that was not heard yet; the marks in it come back at once. */
export const TwilioClearCommand = z.strictObject({ event: z.literal('clear'), streamSid: z.string() })
export interface TwilioClearCommand extends z.infer<typeof TwilioClearCommand> {}

/** What may be sent to the provider. */
export type TwilioCommand = TwilioMediaCommand | TwilioMarkCommand | TwilioClearCommand
/** What may be sent to the provider. */
export const TwilioCommand: Schema<TwilioCommand> = /* @__PURE__ */ variants('event', [
  TwilioMediaCommand,
  TwilioMarkCommand,
  TwilioClearCommand,
])
