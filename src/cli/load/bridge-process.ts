import { WebSocketServer } from 'ws'
import { runTools } from '../../features/tools/run-tools.js'
import { tool } from '../../features/tools/tool.js'
import { type Admission, createAdmission } from '../../server/node/admission.js'
import { createSession } from '../../session/realtime.js'
import { webSocket } from '../../transports/web-socket.js'
import { bridgeTwilio } from '../../twilio/bridge.js'
import { listenLocally } from './http-server.js'
import { configOf, lookupTool } from './pcm-connection.js'
import type { RoleHandle } from './role-handle.js'
import { createTally, type Tally } from './tally.js'

/** Options of the processes between callers and model. */
export interface AgentProcessOptions {
  /** URL of the model's sessions. */
  readonly modelUrl: string
  readonly tools: boolean
  /** New calls are refused when the event loop is later than this, in milliseconds. `undefined` refuses none. */
  readonly admissionMs?: number | undefined
}

/** Serves the telephone bridge of this library, as an app does: a webhook that returns TwiML, and the stream in it. */
export async function startBridgeProcess(options: AgentProcessOptions): Promise<RoleHandle> {
  const tally = createTally()
  const admission =
    options.admissionMs === undefined ? undefined : createAdmission({ maxEventLoopDelayMs: options.admissionMs })
  const server = await listenLocally(0, (request, response) => {
    const refusal = admission?.check()
    const stream = `<Connect><Stream url="ws://${request.headers.host}/call"/></Connect>`
    response.writeHead(200, { 'content-type': 'text/xml' })
    response.end(refusal?.twiml ?? `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${stream}</Response>`)
  })
  const sockets = new WebSocketServer({ server: server.http, perMessageDeflate: false, maxPayload: 64 * 1_024 })
  sockets.on('connection', (socket) => answer(socket, options, admission, tally))
  return {
    info: { port: server.port },
    take: tally.take,
    async stop() {
      for (const socket of sockets.clients) socket.terminate()
      admission?.stop()
      await server.close()
    },
  }
}

function answer(
  socket: Parameters<typeof bridgeTwilio>[0],
  { modelUrl, tools }: AgentProcessOptions,
  admission: Admission | undefined,
  tally: Tally,
): void {
  const call = admission?.admit()
  if (call && !call.admitted) {
    socket.close(1013, 'Try again later')
    return
  }
  const session = createSession({
    transport: webSocket({ url: modelUrl }),
    config: configOf('none'),
  })
  if (tools) {
    const { name, description, parameters } = lookupTool
    const execute = () => {
      tally.count('toolCalls')
      return { found: true }
    }
    runTools(session, [tool({ name, description, parameters, execute })])
  }
  const bridge = bridgeTwilio(socket, session)
  session.on('error', ({ error }) => tally.error(`model_${error.code ?? error.type}`))
  bridge.on('dropped', ({ speaker }) => tally.error(`bridge_dropped_${speaker}`))
  bridge.on('stop', ({ reason, error }) => {
    if (call?.admitted) call.end()
    const code = (error as { readonly code?: unknown } | undefined)?.code
    if (reason === 'error' || reason === 'session') tally.error(`bridge_${typeof code === 'string' ? code : reason}`)
  })
}
