import {
  createSession,
  type RealtimeSession,
  reconnecting,
  type SessionStatus,
  selectLines,
  webSocket,
} from 'realtime-primitives'
import { captureInto, createMicrophone, createSpeaker, isDeviceError, playThrough } from 'realtime-primitives/browser'
import * as z from 'zod'
import { model } from '../agents.js'
import { type AgentEvent, createHold, runShop, type ShopRun } from '../run-agents.js'
import { createRemoteBackend, post } from './remote-backend.js'

// The policy of the page forbids compiled code, which zod would try otherwise.
z.config({ jitless: true })

const find = (id: string) => document.getElementById(id) as HTMLElement
const [callButton, interruptButton, captions, events] = [
  find('call'),
  find('interrupt'),
  find('captions'),
  find('events'),
]
for (const pane of [captions, events]) pane.tabIndex = 0

interface Call {
  readonly session: RealtimeSession
  readonly shop: ShopRun
  end(): Promise<void>
}

let call: Call | undefined

const statusWords: Readonly<Record<SessionStatus, string>> = {
  idle: 'Connecting…',
  connecting: 'Connecting…',
  open: 'Connected',
  reconnecting: 'Reconnecting…',
  closing: 'Hanging up…',
  closed: 'Not connected',
}

function draw(): void {
  const status = call?.session.getState().status ?? 'closed'
  document.body.dataset.status = status
  find('status').textContent = statusWords[status]
  find('agent').textContent = call?.shop.agents.current.name ?? 'front_desk'
  callButton.textContent = call ? 'Hang up' : 'Call'
  interruptButton.ariaDisabled = String(status !== 'open')
}

const sentences = {
  verified: () => 'The caller is verified',
  handoff: ({ from, to }) => `${from} → ${to}`,
  'handoff refused': ({ to, reason }) => `Handoff to ${to} refused: ${reason}`,
  tool: ({ name, durationMs, error }) => `${name}: ${error ?? 'done'}, ${Math.round(durationMs)} ms`,
  guardrail: ({ name, action }) => `Guardrail "${name}": ${action}. The audio was not played.`,
} satisfies { readonly [Type in AgentEvent['type']]: (event: Extract<AgentEvent, { type: Type }>) => string }

function showEvent(event: AgentEvent): void {
  const row = document.createElement('li')
  row.dataset.type = event.type
  row.textContent = (sentences[event.type] as (event: AgentEvent) => string)(event)
  events.append(row)
  events.scrollTop = events.scrollHeight
  draw()
}

async function start(): Promise<void> {
  find('problem').textContent = ''
  captions.replaceChildren()
  events.replaceChildren()
  const workletUrl = '/worklet.js'
  const microphone = createMicrophone({ workletUrl })
  const speaker = createSpeaker({ workletUrl })
  const hold = createHold()
  // A WebSocket, because audio inside events can be held back. Over WebRTC the browser plays it at once.
  const apiKey = async () => (await post<{ value: string }>('/client-secret')).value
  const baseUrl = document.body.dataset.api ?? ''
  const session = createSession({ transport: reconnecting(webSocket({ apiKey, baseUrl, model })), stages: [hold] })
  const shop = runShop(session, { backend: createRemoteBackend(), hold, onEvent: showEvent })
  const stops = [captureInto(session, microphone), playThrough(session, speaker), shop.stop, session.subscribe(draw)]
  showCaptions(shop)
  const started: Call = {
    session,
    shop,
    async end() {
      call = undefined
      draw()
      await Promise.all([session.close(), microphone.stop(), speaker.stop()])
      for (const stop of stops) stop()
    },
  }
  call = started
  draw()
  void session.closed.then(({ error, initiator }) => {
    if (call !== started) return
    find('problem').textContent = error || initiator === 'server' ? 'The call has ended. Call again.' : ''
    void started.end()
  })
  try {
    await Promise.all([microphone.start(), speaker.start(), session.connect(), shop.agents.ready])
    session.respond({ instructions: 'Greet the caller.' })
  } catch (error) {
    if (call !== started) return
    find('problem').textContent = isDeviceError(error)
      ? 'The microphone is not available. Allow it beside the address of this page, then call again.'
      : 'The agent cannot be reached. Check the network, then call again.'
    await started.end()
  }
}

/** Shows the transcript as bubbles, with the agent that spoke. */
function showCaptions({ transcript, agents }: ShopRun): void {
  const rows = new Map<string, HTMLElement>()
  const speakers = new Map<string, string>()
  const announced = new Set<string>()
  find('announced').replaceChildren()
  transcript.subscribe(() => {
    for (const { id, speaker, text, status, cut } of selectLines(transcript.getState())) {
      const row = rows.get(id) ?? document.createElement('li')
      if (!rows.has(id)) captions.append(row)
      rows.set(id, row)
      row.className = speaker
      const name = speaker === 'user' ? 'You' : (speakers.get(id) ?? agents.current.name)
      speakers.set(id, name)
      const who = Object.assign(document.createElement('span'), { className: 'who', textContent: name })
      const words = status === 'pending' ? '…' : status === 'failed' ? '(no transcript)' : (cut?.played ?? text)
      const mark = Object.assign(document.createElement('span'), { className: 'mark', textContent: 'interrupted' })
      row.replaceChildren(who, words, ...(cut ? [mark] : []))
      if (status === 'pending' || status === 'partial' || announced.has(id)) continue
      announced.add(id)
      find('announced').append(Object.assign(document.createElement('p'), { textContent: `${name}: ${words}` }))
    }
    captions.scrollTop = captions.scrollHeight
  })
}

function interrupt(): void {
  if (interruptButton.ariaDisabled === 'false') call?.session.interrupt()
}

callButton.addEventListener('click', () => void (call ? call.end() : start()))
interruptButton.addEventListener('click', interrupt)
addEventListener('keydown', ({ key }) => key === 'Escape' && interrupt())
addEventListener('pagehide', () => void call?.end())
draw()
