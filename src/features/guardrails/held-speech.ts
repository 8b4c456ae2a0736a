import type { SpokenPart } from './checks.js'

/** What hold-back knows of a response. */
export interface HeldResponse {
  readonly id: string
  readonly lane: Lane
  readonly itemIds: Set<string>
  readonly parts: Map<string, HeldPart>
  /** Its sound is dropped, whatever comes. */
  isMuted: boolean
  /** Its sound passes, whatever comes. */
  isFree: boolean
}

/** The words and the sound of one content part. */
export interface HeldPart {
  readonly at: SpokenPart
  text: string
  /** Where its sentences end. */
  sentenceEnds: readonly number[]
  hasAllWords: boolean
  soundMs: number
  /** How much of the text passed. */
  passedLength: number
  hasPassed: boolean
  isMuted: boolean
  wasReleased: boolean
  wasDropped: boolean
}

/** A piece of sound, and what must have passed before it may go. */
export interface Sound {
  readonly response: HeldResponse
  readonly part: HeldPart
  /** How much text had come before it. */
  readonly wordsBefore: number
  /** Where it ends in the part. */
  readonly endMs: number
}

/** A frame that waits its turn. */
export interface HeldFrame {
  readonly text: string
  readonly sound: Sound | undefined
  /** The response that is over when it has gone. */
  readonly ends: HeldResponse | undefined
}

/** What must arrive in the order in which it came: all of the conversation's responses, or one out-of-band response. */
export interface Lane {
  readonly frames: HeldFrame[]
  isPumping: boolean
}

export function createLane(): Lane {
  return { frames: [], isPumping: false }
}

export function createHeldResponse(id: string, lane: Lane): HeldResponse {
  return { id, lane, itemIds: new Set(), parts: new Map(), isMuted: false, isFree: false }
}

/** The part of a response at a place. */
export function partOf(response: HeldResponse, itemId: string, contentIndex: number): HeldPart {
  const key = `${contentIndex} ${itemId}`
  const known = response.parts.get(key)
  if (known) return known
  const part = {
    at: { responseId: response.id, itemId, contentIndex },
    text: '',
    sentenceEnds: [],
    hasAllWords: false,
    soundMs: 0,
    passedLength: 0,
    hasPassed: false,
    isMuted: false,
    wasReleased: false,
    wasDropped: false,
  }
  response.parts.set(key, part)
  return part
}

/** Nobody speaks faster than this; sound of so many milliseconds cannot hold more words than that, however late they are told. */
const fastestCharactersPerMs = 25 / 1000

/** Whether a piece of sound may go, must be dropped, or waits. */
export function fateOf(
  { response, part, wordsBefore, endMs }: Sound,
  release: 'item' | 'sentence',
): 'go' | 'drop' | 'wait' {
  if (response.isMuted || part.isMuted) return 'drop'
  if (response.isFree || part.hasPassed) return 'go'
  if (release === 'item') return 'wait'
  const covered = part.sentenceEnds.findLast((end) => end <= part.passedLength) ?? 0
  return covered >= wordsBefore && covered >= endMs * fastestCharactersPerMs ? 'go' : 'wait'
}
