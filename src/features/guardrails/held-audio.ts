import type { Decoded } from '../../protocol/codec.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import type { SpokenPart } from './text-checks.js'

/** A response whose audio is held. */
export interface HeldResponse {
  readonly id: string
  readonly queue: HeldQueue
  readonly itemIds: Set<string>
  readonly parts: Map<string, HeldPart>
  /** All of its audio is dropped from now on. */
  isMuted: boolean
  /** All of its audio is released from now on. */
  isFree: boolean
}

/** The transcript and the audio of one content part. */
export interface HeldPart {
  readonly at: SpokenPart
  text: string
  /** The offsets in `text` at which a sentence ends. */
  sentenceEnds: readonly number[]
  hasAllText: boolean
  audioMs: number
  /** How many characters of the text passed the guardrails. */
  passedLength: number
  hasPassed: boolean
  isMuted: boolean
  wasReleased: boolean
  wasDropped: boolean
}

/** The audio of one delta, with what decides about its release. */
export interface HeldAudio {
  readonly response: HeldResponse
  readonly part: HeldPart
  /** The length of the transcript that arrived before it, in characters. */
  readonly textBefore: number
  /** Where it ends, in milliseconds from the start of the part. */
  readonly endMs: number
}

/** An event that waits for its turn. */
export interface HeldEvent {
  readonly decoded: Decoded<ServerEvent>
  readonly frameLength: number
  readonly audio: HeldAudio | undefined
  /** The response that is complete once this event was delivered. */
  readonly completes: HeldResponse | undefined
}

/** Events that are delivered in the order of arrival: those of all responses in the conversation, or of one out-of-band response. */
export interface HeldQueue {
  readonly events: HeldEvent[]
  isReleasing: boolean
}

export function createQueue(): HeldQueue {
  return { events: [], isReleasing: false }
}

export function createHeldResponse(id: string, queue: HeldQueue): HeldResponse {
  return { id, queue, itemIds: new Set(), parts: new Map(), isMuted: false, isFree: false }
}

/** Returns a content part of a response. Creates it if it is new. */
export function partOf(response: HeldResponse, itemId: string, contentIndex: number): HeldPart {
  const key = `${contentIndex} ${itemId}`
  const known = response.parts.get(key)
  if (known) return known
  const part: HeldPart = {
    at: { responseId: response.id, itemId, contentIndex },
    text: '',
    sentenceEnds: [],
    hasAllText: false,
    audioMs: 0,
    passedLength: 0,
    hasPassed: false,
    isMuted: false,
    wasReleased: false,
    wasDropped: false,
  }
  response.parts.set(key, part)
  return part
}

/** The highest rate of speech. Audio cannot contain more text than this, however late its transcript arrives. */
const maxCharactersPerMs = 25 / 1000

/** Decides whether audio is released, dropped, or held. */
export function releaseDecision(
  { response, part, textBefore, endMs }: HeldAudio,
  release: 'item' | 'sentence',
): 'release' | 'drop' | 'hold' {
  if (response.isMuted || part.isMuted) return 'drop'
  if (response.isFree || part.hasPassed) return 'release'
  if (release === 'item') return 'hold'
  const passedEnd = part.sentenceEnds.findLast((end) => end <= part.passedLength) ?? 0
  return passedEnd >= textBefore && passedEnd >= endMs * maxCharactersPerMs ? 'release' : 'hold'
}
