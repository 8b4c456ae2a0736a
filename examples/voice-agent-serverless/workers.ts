/**
 * The few types of the Workers runtime that this example uses. In a project of your own, `npx wrangler types` makes all of them, and this file
 * is not needed.
 */

/** What `wrangler.toml` binds, and the secrets. */
export interface Env {
  readonly OPENAI_API_KEY: string
  /** The signing secret of the webhook; while it is replaced, the old one and the new one with a space between. */
  readonly WEBHOOK_SECRETS: string
  /** Where the page is served from, such as `https://example.com`. */
  readonly PAGE_ORIGIN: string
  /**
   * How often an object that is in use looks around, in milliseconds; under a minute. A conversation that was quiet for as long goes to sleep.
   */
  readonly TICK_MS: number
  readonly CONVERSATIONS: Namespace<{ fetch(request: Request): Promise<Response> }>
  readonly CALLS: Namespace<{ follow(callId: string): Promise<void> }>
  readonly DELIVERIES: Namespace<{ claim(ttlMs: number): Promise<boolean>; release(): Promise<void> }>
}

export interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void
}

export interface Namespace<Stub> {
  newUniqueId(): ObjectId
  idFromName(name: string): ObjectId
  /** Throws when the text is no id of this namespace. */
  idFromString(id: string): ObjectId
  get(id: ObjectId): Stub
}

export interface ObjectId {
  toString(): string
}

export interface ObjectState {
  readonly id: ObjectId
  readonly storage: ObjectStorage
  waitUntil(promise: Promise<unknown>): void
  /** Serves a socket that stays open while the object sleeps. */
  acceptWebSocket(socket: WebSocket): void
  getWebSockets(): WebSocket[]
}

export interface ObjectStorage {
  get<T>(key: string): Promise<T | undefined>
  put(key: string, value: unknown): Promise<void>
  deleteAll(): Promise<void>
  setAlarm(atMs: number): Promise<void>
  deleteAlarm(): Promise<void>
}

declare const WebSocketPair: new () => { 0: WebSocket; 1: WebSocket }

/** Both ends of a new socket: one for the response to the client, one to keep. */
export function socketPair(): [client: WebSocket, server: WebSocket] {
  const { 0: client, 1: server } = new WebSocketPair()
  return [client, server]
}

/** Returns the HTTP response that contains the client's end of a socket. */
export function upgraded(webSocket: WebSocket): Response {
  return new Response(null, { status: 101, webSocket } as ResponseInit)
}
