import { isSessionError, isTransportError } from 'realtime-primitives'
import { listDevices, watchDevices } from 'realtime-primitives/browser'
import { type Call, createCall } from './call.js'
import { type Speaking, showCaptions } from './captions.js'

const find = (id: string) => document.getElementById(id) as HTMLElement
const [status, problem, callButton, muteButton, interruptButton] = [
  find('status'),
  find('problem'),
  find('call'),
  find('mute'),
  find('interrupt'),
]
const microphones = find('microphone') as HTMLSelectElement
let call: Call | undefined
let speaking: Speaking | undefined

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
  callButton.classList.toggle('hang-up', call !== undefined)
  find('speaking').textContent = state?.status !== 'open' ? '' : whoSpeaks()
  interruptButton.ariaDisabled = String(state?.status !== 'open')
}

function whoSpeaks(): string {
  if (speaking?.user) return 'You are speaking'
  if (speaking?.assistant) return 'The agent is speaking'
  return muteButton.ariaPressed === 'true' ? 'Your microphone is muted' : 'Listening'
}

/** Lists the microphones. Browsers hide their names until the page may use one. */
async function listMicrophones(): Promise<void> {
  const chosen = microphones.value
  const devices = (await listDevices()).microphones.filter(
    ({ id, label }) => id !== '' && id !== 'default' && label !== '',
  )
  microphones.replaceChildren(new Option('Default', ''), ...devices.map(({ id, label }) => new Option(label, id)))
  microphones.value = devices.some(({ id }) => id === chosen) ? chosen : ''
}

async function begin(): Promise<void> {
  problem.textContent = ''
  const begun = createCall(document.body.dataset.api ?? '', microphones.value || undefined)
  call = begun
  const { session } = begun
  begun.setMuted(muteButton.ariaPressed === 'true')
  showCaptions(session, find('captions'), find('announced'), (next) => {
    speaking = next
    draw()
  })
  session.subscribe(draw)
  session.on('response.done', ({ response }) => {
    if (response.status === 'failed') problem.textContent = 'The response failed. Repeat what you said.'
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
    .then(() => Promise.all([begun.join(true), listMicrophones()]))
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
  draw()
})
microphones.addEventListener('change', () => {
  call?.setMicrophone(microphones.value || undefined).catch((error) => {
    problem.textContent = sentenceOf(error)
  })
})
watchDevices(() => void listMicrophones())
addEventListener('pagehide', () => void end())
draw()
