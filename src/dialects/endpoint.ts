import type { Endpoint } from '../transports/endpoint.js'
import { TransportError } from '../transports/error.js'
import { encodeQueryPair, formatUrl, joinPath, parseConfiguredUrl, queryPairName } from '../transports/url.js'

/** Differences of a URL from that of OpenAI. */
export interface EndpointUrl {
  /** Base URL of the server. Without one, the option `baseUrl` is required, and `example` is in the error. */
  readonly baseUrl?: string
  readonly example?: string
  /** Path below the host, unless the base URL has one. */
  readonly path: string
  /** Pairs of the query. A pair of the base URL with the same name replaces one. */
  readonly query?: Readonly<Record<string, string>>
}

const targets = { model: 'model', callId: 'call_id', intent: 'intent' } as const

/**
 * Returns the URL for the options of a transport.
 * @throws {TransportError} `INVALID_OPTION`.
 */
export function urlOf(endpoint: Endpoint, { baseUrl, example = '', path, query = {} }: EndpointUrl): string {
  const given = endpoint.baseUrl ?? baseUrl
  if (given === undefined) reject('baseUrl', `is missing; pass the URL of your resource, such as ${example}`)
  const base = parseConfiguredUrl(given, 'ws')
  if ('problem' in base) return reject('baseUrl', base.problem)
  const names = (Object.keys(targets) as (keyof typeof targets)[]).filter((name) => endpoint[name] !== undefined)
  const [target, second] = names
  if (second !== undefined) reject(second, `cannot be combined with "${target}"`)
  const pairs: Record<string, string> = { ...query }
  if (target !== undefined) pairs[targets[target]] = String(endpoint[target])
  const isBare = base.pathname.replace(/\/+$/, '') === ''
  const own = new Set(base.query.map(queryPairName))
  return formatUrl({
    ...base,
    pathname: isBare ? joinPath('', path) : joinPath(base.pathname, path.slice(path.lastIndexOf('/') + 1)),
    query: [
      ...base.query,
      ...Object.entries(pairs)
        .filter(([name]) => !own.has(name))
        .map(([name, value]) => encodeQueryPair(name, value)),
    ],
  }).href
}

function reject(option: keyof Endpoint, problem: string): never {
  throw new TransportError('INVALID_OPTION', { option, problem })
}
