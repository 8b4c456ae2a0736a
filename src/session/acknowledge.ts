/** The parts of an event that say what it is about. */
export interface Addressed {
  readonly type: string
  readonly item_id?: unknown
  readonly content_index?: unknown
  readonly item?: { readonly id?: unknown } | undefined
}

interface Rule {
  readonly answers: readonly string[]
  readonly matches: (request: Addressed, answer: Addressed) => boolean
}

const always = () => true
const sameItemId = (request: Addressed, answer: Addressed) => request.item_id === answer.item_id

/** Which server event acknowledges which client event; what is not here is never acknowledged. */
const rules: Readonly<Record<string, Rule>> = {
  'session.update': { answers: ['session.updated'], matches: always },
  'session.close': { answers: ['session.closed'], matches: always },
  'conversation.item.create': {
    // Older servers say `created` instead of `added`.
    answers: ['conversation.item.added', 'conversation.item.created'],
    matches: (request, answer) => request.item?.id === answer.item?.id,
  },
  'conversation.item.retrieve': {
    answers: ['conversation.item.retrieved'],
    matches: (request, answer) => request.item_id === answer.item?.id,
  },
  'conversation.item.delete': { answers: ['conversation.item.deleted'], matches: sameItemId },
  'conversation.item.truncate': {
    answers: ['conversation.item.truncated'],
    matches: (request, answer) => sameItemId(request, answer) && request.content_index === answer.content_index,
  },
  'input_audio_buffer.commit': { answers: ['input_audio_buffer.committed'], matches: always },
  'input_audio_buffer.clear': { answers: ['input_audio_buffer.cleared'], matches: always },
  'output_audio_buffer.clear': { answers: ['output_audio_buffer.cleared'], matches: always },
}

/** Events whose meaning is gone with the connection: what they were about is not on the new server. */
const unrepeatable = new Set([
  'session.close',
  'conversation.item.truncate',
  'input_audio_buffer.commit',
  'input_audio_buffer.clear',
  'output_audio_buffer.clear',
])

/** Events that change nothing when a server that heard them already hears them again. */
const harmless = new Set(['session.update', 'conversation.item.retrieve'])

/**
 * Whether a request that nobody answered before a drop still makes sense after it: on a new server most do; one that outlived the drop may
 * have done what was asked.
 */
export function canRepeat({ type }: { readonly type: string }, server: 'own' | 'joined'): boolean {
  return server === 'joined' ? harmless.has(type) : !unrepeatable.has(type)
}

/** Whether a request that had not left when the connection dropped still makes sense on the next one, behind the sound that is told again. */
export function canWait({ type }: { readonly type: string }): boolean {
  return type !== 'session.close'
}

/** The server event types that acknowledge a client event, or undefined when the service acknowledges it by nothing. */
export function answersTo(type: string): readonly string[] | undefined {
  return Object.hasOwn(rules, type) ? rules[type]?.answers : undefined
}

/**
 * Whether an event that cannot be used may be the acknowledgement of a client event: its type is right, and what it is about is the same or
 * cannot be read.
 */
export function mayAnswer(request: Addressed, type: string, answer: Readonly<Record<string, unknown>>): boolean {
  if (!answersTo(request.type)?.includes(type)) return false
  const itemId = answer.item_id ?? (answer.item as Addressed['item'] | null)?.id
  return (
    isSameOrUnreadable(request.item_id ?? request.item?.id, itemId) &&
    isSameOrUnreadable(request.content_index, answer.content_index)
  )
}

function isSameOrUnreadable(asked: unknown, answered: unknown): boolean {
  return asked === undefined || asked === answered || typeof asked !== typeof answered
}

/** Whether a server event is the acknowledgement of a client event. */
export function isAnswer(request: Addressed, answer: Addressed): boolean {
  const rule = Object.hasOwn(rules, request.type) ? rules[request.type] : undefined
  return rule?.answers.includes(answer.type) === true && rule.matches(request, answer)
}
