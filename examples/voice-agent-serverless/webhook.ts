import {
  acceptCall,
  type IncomingCall,
  isHttpError,
  isWebhookError,
  parseWebhook,
  readIncomingCall,
  rejectCall,
  type WebhookErrorCode,
} from 'realtime-primitives/server'
import { agent, model } from './agent.js'
import { replayStoreOf } from './delivery.js'
import type { Env, ExecutionContext } from './workers.js'

/** Takes what the platform tells: that somebody calls. */
export async function receiveWebhook(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
  const replayStore = replayStoreOf(env)
  try {
    const { id, event } = await parseWebhook(await request.text(), request.headers, {
      secrets: env.WEBHOOK_SECRETS.split(' '),
      replayStore,
    })
    if (event.type !== 'realtime.call.incoming') return new Response()
    try {
      await answer(readIncomingCall(event), env, ctx)
    } catch (error) {
      // What is not answered with 2xx comes again, and must then be taken.
      await replayStore.release(id)
      throw error
    }
    return new Response()
  } catch (error) {
    if (isWebhookError(error)) {
      console.warn(error.message)
      return new Response(null, { status: statuses[error.code] ?? 400 })
    }
    if (!isHttpError(error)) throw error
    console.error(error.message)
    return new Response(null, { status: 502 })
  }
}

/** What the platform has to know is awaited; what may go on after the answer to it is left to `waitUntil`. */
async function answer({ callId, caller }: IncomingCall, env: Env, ctx: ExecutionContext): Promise<void> {
  // A caller waits, and so does the platform: better a failure that is delivered again than an answer that comes too late.
  const options = { apiKey: env.OPENAI_API_KEY, timeoutMs: 5_000 }
  if (caller?.phoneNumber === undefined) {
    await rejectCall(callId, { status_code: 603 }, options)
    console.log(`${callId} rejected`)
    return
  }
  await acceptCall(callId, { model, ...agent }, options)
  console.log(`${callId} accepted`)
  ctx.waitUntil(env.CALLS.get(env.CALLS.idFromName(callId)).follow(callId))
}

/** What is genuine and of no use shall not come again; what is a mistake of ours is no fault of the sender. */
const statuses: Readonly<Partial<Record<WebhookErrorCode, number>>> = {
  REPLAYED: 200,
  INVALID_PAYLOAD: 200,
  INVALID_OPTION: 500,
  UNSUPPORTED_RUNTIME: 500,
}
