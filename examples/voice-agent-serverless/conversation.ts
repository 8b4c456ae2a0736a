import { DurableObject } from 'cloudflare:workers'
import {
  createSession,
  isRealtimeError,
  type RealtimeSession,
  reconnecting,
  type SessionSnapshot,
  selectActiveResponse,
  snapshot,
  webSocket,
} from 'realtime-primitives'
import { agent, model, probe } from './agent.js'
import { type Env, type ObjectState, socketPair, upgraded } from './workers.js'

/** Text messages of a page. Audio is sent in binary messages. */
export type PageMessage =
  | { readonly type: 'press' } // starts to speak, and interrupts a response
  | { readonly type: 'release' } // has spoken
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'played'; readonly itemId: string; readonly contentIndex: number; readonly ms: number }

/** The events of the service that are sent to the page. All others are kept here. */
const forPage = [
  'conversation.item.input_audio_transcription.completed',
  'response.output_audio.delta',
  'response.output_audio_transcript.delta',
] as const

/** How long a conversation is remembered after its last turn, in milliseconds. */
const keepMs = 24 * 60 * 60_000

/**
 * A conversation with a user of a page. It has a session while the user talks. After a silence it closes the session, and the runtime may
 * evict the object from memory while the page stays connected. The next message loads the object again, and a new session continues from
 * the snapshot.
 */
export class Conversation extends DurableObject<Env> {
  #session: Promise<RealtimeSession> | undefined
  #busyAt = 0

  constructor(ctx: ObjectState, env: Env) {
    super(ctx, env)
    console.log('a conversation comes into memory')
  }

  async fetch(request: Request): Promise<Response> {
    if (request.headers.get('upgrade') !== 'websocket') return new Response('WebSocket only', { status: 426 })
    for (const other of this.ctx.getWebSockets()) other.close(4000, 'the conversation goes on in another window')
    const [client, server] = socketPair()
    this.ctx.acceptWebSocket(server)
    return upgraded(client)
  }

  async webSocketMessage(_page: WebSocket, message: string | ArrayBuffer): Promise<void> {
    this.#busyAt = Date.now()
    try {
      // Messages that arrive before the session is open wait here and keep their order.
      const session = await this.#awake()
      if (typeof message === 'string') await handleMessage(session, JSON.parse(message) as PageMessage)
      else session.audio.append(new Uint8Array(message))
    } catch (error) {
      console.error(isRealtimeError(error) ? error.message : 'A page sent what is no message.')
      this.#tell({ type: 'failed' })
    }
  }

  /** The session ends after a long enough silence, because the last transcript may still be in progress. */
  webSocketClose(page: WebSocket): void {
    page.close()
  }

  /**
   * Runs periodically while there is a session. It detects silence, and keeps the object in memory, which an outgoing socket does for
   * 15 minutes only. Without a session, it deletes the stored conversation when it has expired.
   */
  async alarm(): Promise<void> {
    const session = await this.#session?.catch(() => undefined)
    const forgetAt = (await this.ctx.storage.get<number>('forgetAt')) ?? 0
    if (session) {
      const isQuiet = Date.now() - this.#busyAt >= this.env.TICK_MS && !selectActiveResponse(session.getState())
      if (isQuiet) await this.#sleep()
      else await this.ctx.storage.setAlarm(Date.now() + this.env.TICK_MS)
    } else if (Date.now() < forgetAt) {
      await this.ctx.storage.setAlarm(forgetAt)
    } else {
      await this.ctx.storage.deleteAll()
    }
  }

  #awake(): Promise<RealtimeSession> {
    if (this.#session) return this.#session
    const current = this.#begin()
    this.#session = current
    // Whether it ends or fails to start: the next message starts another session from the snapshot.
    const over = () => {
      if (this.#session === current) this.#session = undefined
    }
    current.then(({ closed }) => closed).then(over, over)
    return current
  }

  async #begin(): Promise<RealtimeSession> {
    const before = await this.ctx.storage.get<SessionSnapshot>('snapshot')
    const session = createSession({
      transport: reconnecting(webSocket({ apiKey: this.env.OPENAI_API_KEY, model, probe })),
      config: { ...agent, audio: { ...agent.audio, input: { ...agent.audio.input, turn_detection: null } } },
      snapshot: before,
      lifetime: { action: 'rotate' },
    })
    for (const type of forPage) session.on(type, (event) => this.#tell(event))
    session.on('response.output_audio.delta', ({ item_id, content_index }) => {
      session.playback.enqueued({ itemId: item_id, contentIndex: content_index })
    })
    session.on('interrupted', () => this.#tell({ type: 'interrupted' }))
    session.on('response.done', ({ response }) => {
      this.#busyAt = Date.now()
      this.#tell({ type: 'answered', status: response.status })
      this.ctx.waitUntil(this.#save(session))
    })
    // Saved after each turn, because an object can end without notice: on a deployment, or when its machine fails. Transcripts of a turn arrive late.
    session.on('conversation.item.input_audio_transcription.completed', () => this.ctx.waitUntil(this.#save(session)))
    session.on('restored', ({ lost }) => {
      if (lost.length > 0) console.warn(`${lost.length} items of a conversation are lost`)
    })
    await session.connect()
    console.log(before ? `a conversation goes on, from ${before.items.length} items` : 'a conversation begins')
    await this.ctx.storage.setAlarm(Date.now() + this.env.TICK_MS)
    return session
  }

  async #save(session: RealtimeSession): Promise<number> {
    const forgetAt = Date.now() + keepMs
    await this.ctx.storage.put('snapshot', snapshot(session))
    await this.ctx.storage.put('forgetAt', forgetAt)
    return forgetAt
  }

  async #sleep(): Promise<void> {
    const session = await this.#session?.catch(() => undefined)
    if (!session) return
    // Done first, so that a message that arrives meanwhile starts a new session.
    this.#session = undefined
    try {
      await this.ctx.storage.setAlarm(await this.#save(session))
    } finally {
      await session.close()
    }
    console.log('a conversation sleeps')
  }

  #tell(event: object): void {
    for (const page of this.ctx.getWebSockets())
      if (page.readyState === WebSocket.OPEN) page.send(JSON.stringify(event))
  }
}

async function handleMessage(session: RealtimeSession, message: PageMessage): Promise<void> {
  if (message.type === 'press') session.interrupt()
  if (message.type === 'played') session.playback.played(message, message.ms)
  if (message.type === 'release') {
    await session.audio.commit()
    session.respond()
  }
  if (message.type === 'text') {
    const content = [{ type: 'input_text' as const, text: message.text }]
    await session.items.create({ type: 'message', role: 'user', content })
    session.respond()
  }
}
