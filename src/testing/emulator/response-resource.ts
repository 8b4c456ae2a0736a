import type { AudioFormat } from '../../protocol/audio-format.js'
import type { Response, ResponseCreateParams } from '../../protocol/response.js'
import type { Session } from '../../protocol/session.js'
import type { Usage } from '../../protocol/usage.js'
import { describeFormat } from './audio-settings.js'
import type { OutgoingEvent } from './response-writer.js'
import { formatsOf } from './settings.js'
import type { Outcome } from './write-response.js'

/** The effective settings of a response: the session, overridden by the parameters of `response.create`. */
export interface ResponseSettings {
  readonly modalities: readonly string[]
  readonly format: AudioFormat
  readonly voice: NonNullable<NonNullable<Session['audio']>['output']>['voice']
  readonly tokenLimit: number | string
  readonly instructions: string
  readonly tools: readonly unknown[]
}

/** Merges the parameters of a response with its session. */
export function responseSettings(session: Session, params: ResponseCreateParams): ResponseSettings {
  const asked = params.audio?.output
  return {
    modalities: params.output_modalities ?? session.output_modalities ?? ['audio'],
    format: asked?.format ? describeFormat(asked.format) : formatsOf(session).output,
    voice: asked?.voice ?? session.audio?.output?.voice,
    tokenLimit: params.max_output_tokens ?? session.max_output_tokens ?? 'inf',
    instructions: params.instructions ?? session.instructions ?? '',
    tools: params.tools ?? session.tools ?? [],
  }
}

/** Returns the resource of a response that starts. */
export function newResponse(
  id: string,
  { modalities, format, voice, tokenLimit }: ResponseSettings,
  conversationId: string | null,
  metadata: Response['metadata'],
): Response {
  return {
    object: 'realtime.response',
    id,
    status: 'in_progress',
    status_details: null,
    output: [],
    conversation_id: conversationId,
    output_modalities: [...modalities],
    max_output_tokens: tokenLimit,
    audio: { output: { format, voice } },
    usage: null,
    metadata: metadata ?? null,
  }
}

/** Returns the status fields of a response for its outcome. */
export function statusOf(outcome: Outcome): Pick<Response, 'status' | 'status_details'> {
  const { status } = outcome
  if (status === 'completed') return { status, status_details: null }
  if (status === 'failed') return { status, status_details: { type: status, error: outcome.error } }
  return { status, status_details: { type: status, reason: outcome.reason } }
}

// The service counts tokens per minute. The emulator reports the limit and never enforces it.
const tokensAMinute = 250_000

/** Returns the `rate_limits.updated` event after a response. */
export function rateLimitsAfter({ total_tokens }: Usage): OutgoingEvent {
  const spent = Math.min(tokensAMinute, total_tokens ?? 0)
  return {
    type: 'rate_limits.updated',
    rate_limits: [
      {
        name: 'tokens',
        limit: tokensAMinute,
        remaining: tokensAMinute - spent,
        reset_seconds: Math.round((spent / tokensAMinute) * 60_000) / 1000,
      },
    ],
  }
}
