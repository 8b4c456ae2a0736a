import type { Environment, Perform } from '../world.js'
import type { Json, Network } from './network.js'

/** How often each fault of the network and of the server is part of a plan. Every kind of session has them. */
export const networkFaultWeights = {
  drop: 4,
  'lost reply': 2,
  'half-open connection': 2,
  'stalled connection': 3,
  'slow connection': 2,
  'reordered frames': 1,
  'late frame': 1,
  'duplicate frame': 1,
  'junk frame': 2,
  'lost start': 2,
  'refused handshake': 2,
  'fatally refused handshake': 0.3,
  'silent handshake': 1,
  'silent server': 1,
  'refused restore': 2,
  'temporarily refused restore': 2,
  'late restore': 2,
  'refused request': 2,
  'unanswered request': 1,
  'refused later update': 1,
  'unanswered later update': 1,
  'unanswered response request': 3,
  'conflicting response': 2,
  'error event': 2,
  'server close': 3,
  'expired session': 1,
  offline: 1,
  online: 1,
  'frozen process': 1,
  'changed date': 1,
} as const

export interface NetworkFaults {
  readonly faults: Readonly<Record<keyof typeof networkFaultWeights, Perform>>
  /** Whether a server broke the protocol, so that nothing can be said about the contents of the session. */
  readonly isLawless: boolean
  /** Whether a `session.update` was not acknowledged. An acknowledgement does not name its request, so equal updates are not distinguishable. */
  readonly hasIgnoredUpdate: boolean
  /** Whether a request was not acknowledged. A later one for the same item is not distinguishable from it. */
  readonly hasIgnoredRequest: boolean
  /** Whether a `session.update` was not acknowledged or was refused. */
  readonly hasLostUpdate: boolean
  /** Whether the state of the connection was lost at least once. */
  readonly hasDropped: boolean
}

const junk = [
  'not json',
  '',
  'null',
  '[]',
  '{}',
  '{"type":7}',
  '{"type":"future.event","event_id":"event_future","deep":[[[[1]]]]}',
  '{"type":"response.done","event_id":"event_junk","response":"broken"}',
  '{"type":"session.updated","event_id":"event_junk","session":null}',
  '{"type":"conversation.item.added","event_id":"event_junk","item":{}}',
  '{"type":"response.output_audio.delta","event_id":"event_junk","delta":5}',
  '{"type":"response.output_text.delta","event_id":"event_junk","response_id":"resp_nobody","item_id":"item_nobody","output_index":0,"content_index":0,"delta":"x"}',
]

/** Junk that names known types breaks the protocol. */
const harmless = junk.slice(0, 7)

/** Events that are followed by one with the same contents, so that the session needs only one of the two. */
const starts = ['conversation.item.added', 'response.output_item.added', 'response.content_part.added']

/** Requests that the server may refuse or leave unanswered. Outputs of tools are not among them, because the model would wait for them. */
function isRequest(event: Json): boolean {
  const item = event.item as { type?: string } | undefined
  return (
    event.type === 'session.update' ||
    event.type === 'conversation.item.delete' ||
    event.type === 'conversation.item.retrieve' ||
    (event.type === 'conversation.item.create' && item?.type === 'message')
  )
}

const isUpdate = ({ type }: Json) => type === 'session.update'
const isResponseRequest = ({ type }: Json) => type === 'response.create'

export function createNetworkFaults({
  network,
  clock,
  page,
}: Pick<Environment, 'network' | 'clock' | 'page'>): NetworkFaults {
  let isLawless = false
  let hasIgnoredUpdate = false
  let hasIgnoredRequest = false
  let hasRefusedUpdate = false
  const hasDropped = false

  function interceptNext(
    count: number,
    matches: (event: Json) => boolean,
    answer: (event: Json, network: Network) => void,
    skipped = 0,
  ) {
    let left = count
    let toSkip = skipped
    const stop = network.intercept((event) => {
      if (!matches(event)) return false
      toSkip -= 1
      if (toSkip >= 0) return false
      left -= 1
      if (left === 0) stop()
      answer(event, network)
      return true
    })
  }

  const errorFrame = (error: object) => JSON.stringify({ type: 'error', event_id: 'event_simulated', error })
  const refuse =
    (code: string, type = 'invalid_request_error') =>
    (event: Json) =>
      network.line?.inject(
        errorFrame({ type, code, message: 'Refused.', param: null, event_id: event.event_id ?? null }),
      )
  const refuseRequest = (event: Json) => {
    hasRefusedUpdate ||= event.type === 'session.update'
    refuse('invalid_value')(event)
  }
  const ignoreRequest = ({ type }: Json) => {
    hasIgnoredRequest = true
    hasIgnoredUpdate ||= type === 'session.update'
  }
  const isRestoredItem = (event: Json) => event.type === 'conversation.item.create' && isRequest(event)

  return {
    get isLawless() {
      return isLawless
    },
    get hasIgnoredUpdate() {
      return hasIgnoredUpdate
    },
    get hasIgnoredRequest() {
      return hasIgnoredRequest
    },
    get hasLostUpdate() {
      return hasIgnoredUpdate || hasRefusedUpdate
    },
    get hasDropped() {
      return hasDropped || network.traffic.length > 1
    },
    faults: {
      drop: () => network.line?.drop(),
      // The server has processed what the client sends again.
      'lost reply'(random) {
        let left = random.integer(1, 3)
        const stop = network.intercept((_, line) => {
          left -= 1
          if (left > 0) return false
          stop()
          clock.after(0, () => line.drop())
          return false
        })
      },
      'half-open connection': (random) => network.line?.halfOpen(random.integer(500, 40_000)),
      'stalled connection': (random) => network.line?.stall(random.integer(100, 20_000)),
      'slow connection': (random) => network.line?.slowDown(random.integer(200, 4_000)),
      'reordered frames'() {
        isLawless = true
        network.line?.reorder(1)
      },
      'late frame'(random) {
        isLawless = true
        network.line?.reorder(random.integer(2, 8))
      },
      'duplicate frame'() {
        isLawless = true
        network.line?.duplicate()
      },
      'lost start'(random) {
        const lost = random.pick(starts)
        network.loseNext(({ type }) => type === lost)
      },
      'junk frame'(random) {
        const frame = random.pick(junk)
        if (!harmless.includes(frame)) {
          isLawless = true
          network.line?.disturb(Number.POSITIVE_INFINITY)
        }
        network.line?.inject(frame)
      },
      'refused handshake'(random) {
        const status = random.pick([408, 429, 500, 502, 503])
        network.refuse(random.integer(1, 3), status, status === 429 ? random.integer(0, 5_000) : undefined)
        network.line?.drop()
      },
      'fatally refused handshake'(random) {
        network.refuse(1, random.pick([400, 401, 403, 404]))
        network.line?.drop()
      },
      'silent handshake'(random) {
        network.ignore(random.integer(1, 2))
        if (random.chance(0.7)) network.line?.drop()
      },
      'silent server'() {
        network.mute(1)
        network.line?.drop()
      },
      'refused restore'(random) {
        network.line?.drop()
        interceptNext(random.integer(1, 3), isRestoredItem, refuse('invalid_value'))
      },
      'temporarily refused restore'(random) {
        network.line?.drop()
        interceptNext(random.integer(1, 3), isRestoredItem, refuse('rate_limit_exceeded', 'rate_limit_error'))
      },
      'late restore'(random) {
        network.line?.drop()
        const stop = network.intercept((event, line) => {
          if (!isRestoredItem(event)) return false
          stop()
          // Longer than the deadline of a handshake. The rest arrives while the client closes the connection, or never.
          line.stall(random.integer(14_000, 19_000))
          return false
        })
      },
      'refused request': () => interceptNext(1, isRequest, refuseRequest),
      'unanswered request': () => interceptNext(1, isRequest, ignoreRequest),
      // The first update of a connection configures the session, those after it register what features need.
      'refused later update': () => interceptNext(1, isUpdate, refuseRequest, 1),
      'unanswered later update': () => interceptNext(1, isUpdate, ignoreRequest, 1),
      'unanswered response request': () => interceptNext(1, isResponseRequest, () => {}),
      'conflicting response': () =>
        interceptNext(1, isResponseRequest, refuse('conversation_already_has_active_response')),
      'error event'(random) {
        const error = { type: 'server_error', code: random.pick([null, 'server_error']), message: 'Oops.', param: null }
        network.line?.inject(errorFrame({ ...error, event_id: null }))
      },
      'server close': (random) => network.line?.closeByServer(random.pick([1000, 1001, 1005, 1011, 1012, 1013]), ''),
      'expired session'() {
        const error = { type: 'invalid_request_error', code: 'session_expired', message: 'Expired.', param: null }
        network.line?.inject(errorFrame({ ...error, event_id: null }))
        network.line?.closeByServer(1001, '')
      },
      offline() {
        network.setOnline(false)
        page?.setOnline(false)
      },
      online() {
        network.setOnline(true)
        page?.setOnline(true)
      },
      'frozen process': (random) => clock.freeze(random.integer(1_000, 120_000)),
      'changed date': (random) => clock.changeDate(random.integer(-3_600_000, 3_600_000)),
    },
  }
}
