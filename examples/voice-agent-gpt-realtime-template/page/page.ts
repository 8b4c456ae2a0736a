import { isSessionError, isTransportError } from 'realtime-primitives'
import { type Call, createCall } from './call.js'
import { showCaptions } from './captions.js'

const find = (id: string) => document.getElementById(id) as HTMLElement
const [status, problem, callButton, muteButton, interruptButton] = [
  find('status'),
  find('problem'),
  find('call'),
  find('mute'),
  find('interrupt'),
]
let call: Call | undefined

const words = {
  idle: 'Not connected',
  connecting: 'Connecting…',
  open: 'Connected',
  reconnecting: 'The connection is gone. Connecting again…',
  closing: 'Hanging up…',
  closed: 'Not connected',
} as const

function draw(): void {
  const state = call?.session.getState()
  status.textContent = words[state?.status ?? 'idle']
  callButton.textContent = call ? 'Hang up' : 'Call'
  interruptButton.ariaDisabled = String(state?.status !== 'open')
}

async function begin(): Promise<void> {
  problem.textContent = ''
  const begun = createCall(document.body.dataset.api ?? '')
  call = begun
  const { session } = begun
  begun.setMuted(muteButton.ariaPressed === 'true')
  showCaptions(session, find('captions'), find('announced'))
  session.subscribe(draw)
  session.on('response.done', ({ response }) => {
    if (response.status === 'failed') problem.textContent = 'The answer failed. Say it again.'
  })
  void session.closed.then(({ initiator, error }) => {
    if (error) problem.textContent = sentenceOf(error)
    else if (initiator === 'server') problem.textContent = 'The agent has hung up.'
    if (call === begun) call = undefined
    draw()
  })
  const giveUp = async (error: unknown) => {
    // Who hangs up while it connects has not run into a problem.
    if (call !== begun) return
    problem.textContent = sentenceOf(error)
    await end()
  }
  session.on('restored', () => void begun.join(false).catch(giveUp))
  draw()
  await begun
    .begin()
    .then(() => begun.join(true))
    .catch(giveUp)
}

async function end(): Promise<void> {
  const ended = call
  call = undefined
  await ended?.end()
  draw()
}

function interrupt(): void {
  if (interruptButton.ariaDisabled === 'false') call?.session.interrupt()
}

/** Returns a message for the user. */
function sentenceOf(error: unknown): string {
  const { name, message } = error as Error
  if (name === 'NotAllowedError') return 'Allow the microphone beside the address of this page, then call again.'
  if (name === 'NotFoundError') return 'There is no microphone. Plug one in, then call again.'
  if (name === 'NotReadableError') return 'Another program holds the microphone. Close it there, then call again.'
  if (isTransportError(error)) return 'The agent cannot be reached. Check the network, then call again.'
  if (isSessionError(error, 'EXPIRED')) return 'This call reached its time limit. Call again to go on.'
  if (isSessionError(error)) return 'The call could not go on. Call again.'
  return message
}

callButton.addEventListener('click', () => void (call ? end() : begin()))
interruptButton.addEventListener('click', interrupt)
addEventListener('keydown', ({ key }) => key === 'Escape' && interrupt())
muteButton.addEventListener('click', () => {
  const isMuted = muteButton.ariaPressed !== 'true'
  muteButton.ariaPressed = String(isMuted)
  call?.setMuted(isMuted)
})
addEventListener('pagehide', () => void end())
draw()
