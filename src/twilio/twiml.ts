import { TwilioError } from './error.js'

/** Options of {@link connectStream}. */
export interface ConnectStreamOptions {
  /** URL of the socket, `wss://…`. */
  readonly url: string | URL
  /**
   * URL that returns the next TwiML when the stream ends, such as the router of a cluster. It decides whether the call continues on another
   * node, with `connectStream`, or ends, with `hangUp`.
   * @defaultValue the call ends with the stream
   */
  readonly redirectUrl?: string | URL | undefined
  /** Values for the bridge, as `customParameters` by name. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

/**
 * Returns TwiML that opens a stream in both directions. With `redirectUrl`, Twilio requests new TwiML when the stream ends while the call is
 * alive, for example because the process of the stream has died. This follows from the documentation of Twilio, which executes the verb after
 * `<Connect>` when the socket closes; it was not measured with their service.
 *
 * @example
 * ```ts
 * response.writeHead(200, { 'content-type': 'text/xml' })
 * response.end(connectStream({ url: 'wss://example.com/call', redirectUrl: 'https://example.com/continue' }))
 * ```
 * @throws {TwilioError} `INVALID_OPTION` if a URL has another scheme.
 */
export function connectStream({ url, redirectUrl, parameters = {} }: ConnectStreamOptions): string {
  const elements = Object.entries(parameters).map(
    ([name, value]) => `<Parameter name="${escapeXml(name)}" value="${escapeXml(value)}"/>`,
  )
  const stream = `<Connect><Stream url="${escapeXml(urlOf('url', url, ['wss:', 'ws:']))}">${elements.join('')}</Stream></Connect>`
  const redirect =
    redirectUrl === undefined
      ? ''
      : `<Redirect method="POST">${escapeXml(urlOf('redirectUrl', redirectUrl, ['https:', 'http:']))}</Redirect>`
  return `${declaration}<Response>${stream}${redirect}</Response>`
}

/** Returns TwiML that ends the call. */
export function hangUp(): string {
  return `${declaration}<Response><Hangup/></Response>`
}

const declaration = '<?xml version="1.0" encoding="UTF-8"?>'

function urlOf(option: 'url' | 'redirectUrl', value: string | URL, protocols: readonly string[]): string {
  const text = String(value)
  // Twilio accepts relative URLs in `<Redirect>`.
  const isRelative = option === 'redirectUrl' && /^\/(?!\/)/.test(text)
  if (isRelative || protocols.includes(protocolOf(text))) return text
  throw new TwilioError('INVALID_OPTION', { option, problem: `must be a URL that starts with ${protocols[0]}//` })
}

function protocolOf(text: string): string {
  try {
    return new URL(text).protocol
  } catch {
    return ''
  }
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
