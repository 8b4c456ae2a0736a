import type { Endpoint } from './endpoint.js'

/** How to connect to a server with other URLs or another authentication than OpenAI. */
export interface DialectEndpoint {
  /**
   * Returns the URL of the server.
   * @throws {TransportError} `INVALID_OPTION`.
   */
  url(endpoint: Endpoint): string | URL
  /** Returns the headers that carry a key in place of `Authorization: Bearer`. Client secrets are always sent as bearer tokens. */
  readonly headers?: (apiKey: string) => Readonly<Record<string, string>>
}

/** The part of a dialect that transports use. `realtime-primitives/dialects` has dialects, which also contain what sessions use. */
export interface ServerDialect {
  /** Name of the server or of its protocol, for warnings. */
  readonly name: string
  /** How to connect. Without it, the server has the paths of OpenAI, and the `baseUrl` or `url` leads to it. */
  readonly endpoint?: DialectEndpoint | undefined
}
