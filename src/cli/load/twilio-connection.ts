import {
  type CallerConnection,
  type CallSocket,
  type ConnectionOptions,
  isRefusal,
  openCallSocket,
  retryAfterMs,
} from './connection.js'
import { frameMs } from './speech.js'
import { findStamp } from './stamp.js'

const bytesPerMs = 8
const webhookTimeoutMs = 10_000

/**
 * Calls a telephone bridge as Twilio does. With an HTTP address, it requests the TwiML of the webhook first and opens the stream in it. With a
 * WebSocket address, it opens the stream at once.
 */
export function openTwilioConnection({ url, id, events }: ConnectionOptions): CallerConnection {
  const streamSid = `MZ${process.pid.toString(16).padStart(8, '0')}${id.toString(16).padStart(24, '0')}`
  const callSid = `CA${streamSid.slice(2)}`
  const accountSid = `AC${'0'.repeat(32)}`
  const aborted = new AbortController()
  /** Marks that return when the audio before them was played. */
  let marks: { readonly name: string; readonly dueMs: number }[] = []
  let socket: CallSocket | undefined
  let sequence = 0

  function emit(event: string, fields: string): void {
    sequence += 1
    socket?.send(`{"event":"${event}","sequenceNumber":"${sequence}",${fields},"streamSid":"${streamSid}"}`)
  }

  function open(streamUrl: string, customParameters: Readonly<Record<string, string>>): void {
    socket = openCallSocket(
      streamUrl,
      {},
      {
        ...events,
        onOpen() {
          socket?.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
          const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8_000, channels: 1 }
          const start = { accountSid, streamSid, callSid, tracks: ['inbound'], mediaFormat, customParameters }
          emit('start', `"start":${JSON.stringify(start)}`)
          events.onOpen()
        },
        onMessage: receive,
      },
    )
  }

  function receive(text: string): void {
    const { event, media, mark } = parse(text)
    if (event === 'media' && media?.payload) {
      const nowMs = performance.now()
      const stamp = findStamp(text, 'pcmu')
      const ms = Math.floor((media.payload.length * 3) / 4 - padding(media.payload)) / bytesPerMs
      events.onAudio({ ms, continues: continuationOf(stamp), delayMs: stamp?.ageMs }, nowMs)
    } else if (event === 'mark' && mark) {
      marks.push({ name: String(mark.name), dueMs: events.playoutEndsAtMs() })
    } else if (event === 'clear') {
      events.onClear()
      returnMarks(Number.POSITIVE_INFINITY)
    }
  }

  /** The bridge cuts the audio of one message of the model in frames, of which only the first has the stamp. */
  let isStamped = false
  function continuationOf(stamp: ReturnType<typeof findStamp>) {
    if (stamp) {
      isStamped = true
      return stamp.isFirst ? 'first' : 'following'
    }
    return isStamped ? 'following' : 'unknown'
  }

  function returnMarks(nowMs: number): void {
    while (marks[0] && marks[0].dueMs <= nowMs) {
      const { name } = marks[0]
      marks.shift()
      emit('mark', `"mark":{"name":${JSON.stringify(name)}}`)
    }
  }

  async function requestStream(): Promise<void> {
    const signal = AbortSignal.any([aborted.signal, AbortSignal.timeout(webhookTimeoutMs)])
    const body = new URLSearchParams({ CallSid: callSid, From: '+15550100', To: '+15550101', CallStatus: 'ringing' })
    try {
      const response = await fetch(url, { method: 'POST', body, signal })
      const twiml = await response.text()
      if (aborted.signal.aborted) return
      const found = readTwiml(twiml)
      if (isRefusal(response.status))
        events.onRefused(`http_${response.status}`, retryAfterMs(response.headers.get('retry-after')))
      else if (!response.ok) events.onFailed(`http_${response.status}`)
      else if (found.kind === 'stream') open(found.url, found.parameters)
      else if (found.kind === 'refused') events.onRefused(found.reason, undefined)
      else events.onFailed('no_stream_in_twiml')
    } catch (error) {
      if (!aborted.signal.aborted) events.onFailed(codeOf(error))
    }
  }

  if (/^http/i.test(url)) void requestStream()
  else open(url, {})

  return {
    sendAudio(frame, number) {
      const timestamp = (number - 1) * frameMs
      emit('media', `"media":{"track":"inbound","chunk":"${number}","timestamp":"${timestamp}","payload":"${frame}"}`)
    },
    tick: returnMarks,
    hangUp() {
      aborted.abort()
      emit('stop', `"stop":{"accountSid":"${accountSid}","callSid":"${callSid}"}`)
      socket?.close()
      marks = []
    },
    drop() {
      aborted.abort()
      socket?.terminate()
      marks = []
    },
  }
}

/** What the TwiML of a webhook does with a call. */
type Twiml =
  | { readonly kind: 'stream'; readonly url: string; readonly parameters: Readonly<Record<string, string>> }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'other' }

/** Finds the stream in TwiML. A call that is rejected, or only gets a message, is refused. */
export function readTwiml(text: string): Twiml {
  const url = attributeOf(/<Stream\b([^>]*)>/.exec(text)?.[1] ?? '', 'url')
  if (url !== undefined) {
    const parameters = [...text.matchAll(/<Parameter\b([^>]*)>/g)].map(
      ([, attributes = '']) => [attributeOf(attributes, 'name') ?? '', attributeOf(attributes, 'value') ?? ''] as const,
    )
    return { kind: 'stream', url, parameters: Object.fromEntries(parameters) }
  }
  const reject = /<Reject\b([^>]*)>/.exec(text)
  if (reject) return { kind: 'refused', reason: `twiml_${attributeOf(reject[1] ?? '', 'reason') ?? 'rejected'}` }
  return /<(Say|Play|Hangup)\b/.test(text) ? { kind: 'refused', reason: 'twiml_message' } : { kind: 'other' }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function attributeOf(attributes: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes)
  return (value?.[1] ?? value?.[2])?.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos));/gi,
    (text, decimal, hex, name) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? text
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
      return code <= 0x10ffff ? String.fromCodePoint(code) : text
    },
  )
}

function padding(base64: string): number {
  return base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
}

interface Command {
  readonly event?: string
  readonly media?: { readonly payload?: string }
  readonly mark?: { readonly name?: string }
}

function parse(text: string): Command {
  try {
    return JSON.parse(text) as Command
  } catch {
    return {}
  }
}

function codeOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'webhook_timeout'
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined
  return cause?.code ?? 'webhook_failed'
}
