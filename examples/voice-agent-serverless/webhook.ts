import {
  acceptCall,
  createWebhookReceiver,
  type IncomingCall,
  isHttpError,
  isWebhookError,
  readIncomingCall,
  rejectCall,
} from 'realtime-primitives/server'
import { agent, model } from './agent.js'
import { replayStoreOf } from './delivery.js'
import type { Env, ExecutionContext } from './workers.js'

/** Receives the webhooks of the platform: an incoming call. */
export async function receiveWebhook(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
  const secrets = env.WEBHOOK_SECRETS.split(' ')
  // When `answer` fails, the receiver releases the webhook, and its redelivery is handled.
  const receive = createWebhookReceiver({ secrets, replayStore: replayStoreOf(env) }, async (event) => {
    if (event.type === 'realtime.call.incoming') await answer(readIncomingCall(event), env, ctx)
  })
  const { status, error } = await receive(await request.text(), request.headers)
  if (isWebhookError(error)) console.warn(error.message)
  else if (isHttpError(error)) {
    console.error(error.message)
    return new Response(null, { status: 502 })
  } else if (error !== undefined) throw error
  return new Response(null, { status })
}

/** Work that decides the HTTP status is awaited. Work that may continue after the HTTP response is passed to `waitUntil`. */
async function answer({ callId, caller }: IncomingCall, env: Env, ctx: ExecutionContext): Promise<void> {
  // The caller is waiting. A failure is redelivered, which is better than accepting the call too late.
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
