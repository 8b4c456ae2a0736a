import type { IncomingMessage } from 'node:http'
import { checker } from '../../../protocol/check.js'
import { CallCreateParams } from '../../../protocol/rest.js'
import type { SessionConfig } from '../../../protocol/session.js'
import type { Emulator } from '../../emulator/emulator.js'
import { refusalOf } from '../../emulator/problem-message.js'
import { type Refusal, refusals } from '../../emulator/refusals.js'
import { apiPathOf } from '../api-path.js'
import { asksForBeta, keyOf, modelOf, selectionOf } from '../connect-request.js'
import { errorResponse, type HttpResponse } from '../http-response.js'
import { answerOffer, type LiveCall } from './answer-call.js'
import type { HangUpBy } from './channel-transport.js'
import { offeredAudio } from './offered-audio.js'
import { loadOpus, loadWerift, type Opus, type Werift } from './optional-packages.js'

/** The WebRTC calls of a server. */
export interface Calls {
  /** Handles `POST /v1/realtime/calls`. */
  create(request: IncomingMessage, body: Uint8Array): Promise<HttpResponse>
  /** Handles `POST /v1/realtime/calls/{id}/hangup`. */
  hangUp(request: IncomingMessage, id: string): Promise<HttpResponse>
  /** Ends all calls with code 1001. */
  close(): Promise<void>
}

/** Loads the optional packages of calls. */
export interface CallPackages {
  loadWerift(): Promise<Werift | undefined>
  loadOpus(): Promise<Opus | undefined>
}

export function createCalls(
  emulator: Emulator,
  hangUpBy: HangUpBy,
  packages: CallPackages = { loadWerift, loadOpus },
): Calls {
  const live = new Map<string, LiveCall>()
  let isClosed = false

  return {
    async create(request, body) {
      const params = await callParamsOf(request, body)
      if ('refusal' in params) return errorResponse(400, params.refusal)
      const offered = offeredAudio(params.sdp)
      if (!offered.g711 && !offered.opus) return errorResponse(400, refusals.noSupportedCodec())
      // G.711 needs no package, and less CPU time.
      const opus = offered.g711 ? undefined : await packages.loadOpus()
      if (!offered.g711 && !opus) return errorResponse(400, refusals.opusNotInstalled())
      const call = emulator.answerCall({
        ...selectionOf(request),
        ...modelOf(request, params.session),
        session: params.session,
        asksForBeta: asksForBeta(request),
      })
      if ('refusal' in call) return errorResponse(call.status, call.refusal)
      const werift = await packages.loadWerift().catch((failure) => {
        call.end()
        throw failure
      })
      if (!werift) {
        call.end()
        return errorResponse(501, unavailable)
      }
      const id = call.callId
      try {
        const answered = await answerOffer(werift, opus, params.sdp, call, hangUpBy, () => {
          live.delete(id)
          call.end()
        })
        if (isClosed) await answered.hangUp(1001, '')
        else live.set(id, answered)
        // As the service does, although the body is SDP.
        const headers = {
          'content-type': 'text/plain; charset=utf-8',
          location: `${apiPathOf(request)?.prefix}/realtime/calls/${id}`,
        }
        return { status: 201, headers, body: answered.answer }
      } catch {
        call.end()
        return errorResponse(400, refusals.invalidOffer())
      }
    },
    async hangUp(request, id) {
      const key = keyOf(request)
      if (!emulator.acceptsKey(key)) return errorResponse(401, key ? refusals.invalidKey() : refusals.missingKey())
      const call = live.get(id)
      if (!call) return errorResponse(404, refusals.unknownCallId(id))
      await call.hangUp(1000, 'The call was hung up.')
      return { status: 200, headers: {}, body: '' }
    },
    async close() {
      isClosed = true
      await Promise.all([...live.values()].map((call) => call.hangUp(1001, 'The server is going down.')))
    },
  }
}

const unavailable: Refusal = {
  type: 'server_error',
  code: 'webrtc_not_installed',
  message: 'The emulator needs the package "werift" for WebRTC: npm install --save-dev werift@0.24.4',
  param: null,
}

const check = checker(CallCreateParams)

/** Reads the body: plain SDP, or a form with SDP and a session. */
async function callParamsOf(
  { headers }: IncomingMessage,
  body: Uint8Array,
): Promise<{ sdp: string; session?: SessionConfig } | { refusal: Refusal }> {
  const type = headers['content-type'] ?? ''
  const params: Record<string, unknown> = {}
  if (/^application\/sdp\b/i.test(type)) {
    params.sdp = new TextDecoder().decode(body)
  } else if (/^multipart\/form-data\b/i.test(type)) {
    try {
      const form = await new Response(body.slice(), { headers: { 'content-type': type } }).formData()
      for (const [name, value] of form) params[name] = typeof value === 'string' ? value : await value.text()
      if (typeof params.session === 'string') params.session = JSON.parse(params.session)
    } catch {
      return { refusal: refusals.unreadableForm() }
    }
  } else {
    return { refusal: refusals.wrongContentType(type) }
  }
  const problem = check(params)
  if (problem) return { refusal: refusalOf(problem, params) }
  const { sdp, session } = params as { sdp: string; session?: SessionConfig }
  if (!sdp.startsWith('v=0') || !/^m=application /m.test(sdp)) return { refusal: refusals.invalidOffer() }
  return session ? { sdp, session } : { sdp }
}
