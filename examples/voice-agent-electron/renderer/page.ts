import { type SessionStatus, selectActiveResponse } from 'realtime-primitives'
import type { Bridge, Settings } from '../shared/bridge.js'
import { type Call, createCall } from './call.js'
import { showCaptions } from './captions.js'
import { holdable } from './hold.js'
import { secretOf, sentenceOf } from './problems.js'

declare global {
  interface Window {
    /** Exposed by the preload script. */
    readonly desktop: Bridge
  }
}

const { desktop } = window
const find = (id: string) => document.getElementById(id) as HTMLElement
const [callButton, talkButton, interruptButton] = [find('call'), find('talk'), find('interrupt')]
const keyInput = find('key') as HTMLInputElement

let settings: Settings = await desktop.getSettings()
let call: Call | undefined
let shortcut: string | undefined

const statusWords: Readonly<Record<SessionStatus, string>> = {
  idle: 'Connecting…',
  connecting: 'Connecting…',
  open: 'Connected',
  reconnecting: 'Reconnecting…',
  closing: 'Hanging up…',
  closed: 'Not connected',
}

const serviceWords = { OpenAI: settings.model, emulator: 'The emulator responds, without a key' } as const

function show(problem: string): void {
  find('problem').textContent = problem
}

function draw(): void {
  const state = call?.session.getState()
  const status = state?.status ?? 'closed'
  const speaking =
    call?.transcript.getState().speaking.assistant || (state && selectActiveResponse(state)) !== undefined
  document.body.dataset.status = status
  find('status').textContent = statusWords[status]
  find('service').textContent = settings.service ? serviceWords[settings.service] : 'Enter an API key to start'
  find('key-state').textContent = keyWords()
  callButton.textContent = call ? 'Hang up' : 'Call'
  callButton.classList.toggle('hang-up', call !== undefined)
  talkButton.ariaPressed = String(call?.isTalking === true)
  talkButton.textContent = call?.isTalking ? 'Release to send' : 'Hold to talk'
  talkButton.ariaDisabled = String(status !== 'open')
  interruptButton.ariaDisabled = String(status !== 'open' || !speaking)
  find('hint').textContent = hint(status)
}

function keyWords(): string {
  if (settings.service !== 'OpenAI') return 'The key stays in the main process and is encrypted by the system.'
  return settings.isKeyStored
    ? 'A key is stored, encrypted by the system.'
    : 'The system cannot encrypt the key, so it is forgotten when the app quits.'
}

function hint(status: SessionStatus): string {
  if (status !== 'open') return ''
  if (call?.isTalking) return 'Listening'
  return shortcut === undefined ? 'Another program uses the shortcut' : `${shortcut} starts and ends a turn, everywhere`
}

async function startCall(): Promise<void> {
  show('')
  const started = createCall({
    settings,
    createSecret: async () => secretOf(await desktop.createClientSecret()),
    onProblem: (error) => show(sentenceOf(error)),
  })
  call = started
  showCaptions(started.transcript, find('captions'), find('announced'))
  started.session.subscribe(draw)
  started.transcript.subscribe(draw)
  started.microphone.on('muted', draw)
  void started.session.closed.then(async () => {
    if (call !== started) return
    call = undefined
    draw()
    await setInCall(false)
  })
  draw()
  await setInCall(true)
  await started.start()
}

async function setInCall(isInCall: boolean): Promise<void> {
  shortcut = (await desktop.setInCall(isInCall)).shortcut
  draw()
}

function stopTalking(): void {
  call?.stopTalking().catch((error) => show(sentenceOf(error)))
}

function interrupt(): void {
  if (interruptButton.ariaDisabled === 'false') call?.session.interrupt()
}

desktop.onNotice((notice) => {
  if (notice === 'suspend' || notice === 'lock') call?.cancelTalking()
  else if (notice === 'resume') call?.reconnect()
  else if (call?.isTalking) stopTalking()
  else call?.startTalking()
  draw()
})

callButton.addEventListener('click', () => void (call ? call.end() : startCall()))
holdable(talkButton, {
  press() {
    call?.startTalking()
    draw()
  },
  release: stopTalking,
})
interruptButton.addEventListener('click', interrupt)
addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') interrupt()
})
find('key-form').addEventListener('submit', async (event) => {
  event.preventDefault()
  const result = await desktop.saveApiKey(keyInput.value)
  keyInput.value = ''
  show('problem' in result ? 'This is not an API key. Keys begin with "sk-".' : '')
  if ('settings' in result) settings = result.settings
  draw()
})
find('delete-key').addEventListener('click', async () => {
  settings = await desktop.deleteApiKey()
  draw()
})
addEventListener('pagehide', () => void call?.end())

function drawLevel(): void {
  const db = call?.isTalking ? call.microphone.level.rmsDb : Number.NEGATIVE_INFINITY
  find('level').style.setProperty('--level', Math.min(1, Math.max(0, 1 + db / 60)).toFixed(2))
  requestAnimationFrame(drawLevel)
}
drawLevel()
draw()
