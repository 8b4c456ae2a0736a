import type { IncomingMessage } from 'node:http'

/** A path of the Realtime API, without the prefix of the provider. */
export interface ApiPath {
  /** Path below the prefix, such as `/realtime` or `/realtime/calls`. */
  readonly path: string
  /** The part in front of it: `/v1`, on Azure `/openai/v1` or `/openai`, on Azure Voice Live `/voice-live`, and on Inworld `/api/v1`. */
  readonly prefix: string
}

/** Paths of WebSocket sessions. */
const sessionPaths: readonly string[] = ['/realtime', '/realtime/translations', '/realtime/session']

/** Returns the API path of a request, or `undefined` for a path outside of the API. */
export function apiPathOf(request: IncomingMessage): ApiPath | undefined {
  const match = /^(\/openai\/v1|\/openai|\/v1|\/voice-live|\/api\/v1)(\/realtime(?:\/.*)?)$/.exec(
    urlOf(request).pathname,
  )
  return match?.[1] && match[2] ? { prefix: match[1], path: match[2] } : undefined
}

/** Returns whether WebSocket sessions are served at a path. */
export function isSessionPath(path: ApiPath | undefined): path is ApiPath {
  return path !== undefined && sessionPaths.includes(path.path)
}

/** Returns whether a path belongs to Azure OpenAI, where models are deployments with names of the user. */
export function isAzurePath({ prefix }: ApiPath): boolean {
  return prefix.startsWith('/openai')
}

/** Returns the requested URL. */
export function urlOf({ url }: IncomingMessage): URL {
  const text = `http://127.0.0.1${url ?? '/'}`
  return new URL(URL.canParse(text) ? text : 'http://127.0.0.1/')
}
