import {
  isSessionError,
  runLatency,
  runTranscript,
  runUsage,
  type SessionStatus,
  selectActiveResponse,
  type Transcript,
} from 'realtime-primitives'
import { codeFor, readAgent, writtenTools } from './agent.js'
import type { Backend, Way } from './backend.js'
import { type Call, configFor, createCall, type TurnTaking } from './call.js'
import { showCaptions } from './captions.js'
import { chooseDevices } from './devices.js'
import { beforePaint, find, followEnd } from './dom.js'
import { holdable } from './hold.js'
import { showLevels } from './levels.js'
import { showLatency, showTurn, showUsage } from './numbers.js'
import { createFrameLog } from './save.js'
import { sentenceOf } from './sentences.js'
import { createTimeline } from './timeline.js'

/** Runs the page on a backend. */
export async function startApp(backend: Backend): Promise<void> {
  const { description, model, ways } = backend
  const setup = find('setup', HTMLFormElement)
  const status = find('status', HTMLElement)
  const problem = find('problem', HTMLElement)
  const connectButton = find('connect', HTMLButtonElement)
  const muteButton = find('mute', HTMLButtonElement)
  const holdButton = find('hold', HTMLButtonElement)
  const interruptButton = find('interrupt', HTMLButtonElement)
  const message = find('message', HTMLInputElement)
  const followCaptions = followEnd(find('captions', HTMLElement))
  const timeline = createTimeline()
  const frames = createFrameLog()

  let call: Call | undefined
  let transcript: Transcript | undefined

  const devices = chooseDevices((kind, id) => {
    const change = kind === 'microphone' ? call?.microphone.setDevice(id) : call?.setSpeaker(id)
    change?.catch(showError)
  })

  function chosen(name: 'way' | 'turns'): string {
    return String(new FormData(setup).get(name))
  }
  const chosenTurns = () => chosen('turns') as TurnTaking

  async function start(): Promise<void> {
    hideMessage()
    let agent: ReturnType<typeof readAgent>
    try {
      agent = readAgent()
    } catch (error) {
      return showError(error)
    }
    timeline.clear()
    frames.clear()
    const next = createCall({
      backend,
      way: ways.length === 1 ? (ways[0] as Way) : (chosen('way') as Way),
      turnTaking: chosenTurns(),
      agent,
      microphoneId: devices.microphoneId,
      speakerId: devices.speakerId,
      onFrame(line) {
        timeline.add(line)
        frames.add(line)
      },
    })
    next.setMuted(muteButton.ariaPressed === 'true')
    const unsubscribers = follow(next)
    call = next
    draw()
    next.session.closed.then(async ({ initiator, error }) => {
      if (initiator === 'server') showError(error ?? new Error('The service ended the call.'))
      if (call === next) await end()
      for (const unsubscribe of unsubscribers) unsubscribe()
    })
    try {
      await next.start()
      await devices.refresh()
    } catch (error) {
      if (call !== next) return
      showError(error)
      await end()
    }
  }

  /** Shows the state of a call until it ends. Returns the functions that unsubscribe. */
  function follow({ session, microphone }: Call): (() => void)[] {
    transcript = runTranscript(session)
    const latency = runLatency(session, {
      onTurn(turn) {
        showTurn(turn)
        showLatency(latency)
      },
    })
    const usage = runUsage(session)
    showLatency(latency)
    return [
      showCaptions(transcript, followCaptions),
      showUsage(usage),
      showLevels(() => ({
        microphone: microphone.level.rmsDb,
        speaker: call?.speakerDb ?? Number.NEGATIVE_INFINITY,
      })),
      session.subscribe(draw),
      transcript.subscribe(draw),
      microphone.on('state', draw),
      microphone.on('error', (error) => {
        showError(error)
        void end()
      }),
      session.on('error', ({ error }) => {
        if (!expected.has(error.code ?? '')) showError(new Error(`The service reported an error: ${error.message}`))
      }),
      session.on('response.done', ({ response }) => {
        if (response.status === 'failed') showError(new Error('The response failed. Repeat what you said.'))
      }),
      session.on('restored', ({ itemIds, lost }) => {
        const missing = lost.length === 0 ? '' : `, ${lost.length} could not be restored`
        showMessage(`Connected again. The new session has ${itemIds.length} items${missing}.`)
      }),
      transcript.stop,
      latency.stop,
      usage.stop,
    ]
  }

  /** Codes of errors that are no problem: the button was released at once, or the response ended before it was canceled. */
  const expected = new Set(['input_audio_buffer_commit_empty', 'response_cancel_not_active'])

  async function end(): Promise<void> {
    const ended = call
    call = undefined
    draw()
    await ended?.end().catch(showError)
  }

  function showError(error: unknown): void {
    showMessage(
      isSessionError(error, 'SERVER_ERROR') && error.data.error.code === 'input_audio_buffer_commit_empty'
        ? 'That was too short. Hold the button for as long as you talk.'
        : sentenceOf(error),
    )
  }

  function showMessage(sentence: string): void {
    problem.hidden = false
    find('problem-text', HTMLElement).textContent = sentence
  }

  function hideMessage(): void {
    problem.hidden = true
    find('problem-text', HTMLElement).textContent = ''
  }

  const statusWords: Readonly<Record<SessionStatus, string>> = {
    idle: 'Connecting…',
    connecting: 'Connecting…',
    open: 'Connected',
    reconnecting: 'Reconnecting…',
    closing: 'Hanging up…',
    closed: 'Not connected',
  }

  const draw = beforePaint(() => {
    const state = call?.session.getState()
    const step = state?.status ?? 'closed'
    const isOpen = step === 'open'
    const speaking = isOpen ? transcript?.getState().speaking : undefined
    const isBusy = speaking?.assistant || (state && selectActiveResponse(state) !== undefined) || false
    document.body.dataset.status = step
    if (status.textContent !== statusWords[step]) status.textContent = statusWords[step]
    find('connect-words', HTMLElement).textContent = call ? 'Hang up' : 'Connect'
    for (const radio of setup.querySelectorAll<HTMLInputElement>('[name=way]')) radio.disabled = call !== undefined
    holdButton.hidden = chosenTurns() === 'server'
    disable(holdButton, !isOpen)
    disable(interruptButton, !isBusy)
    find('speaking', HTMLElement).textContent = whoSpeaks(isOpen, speaking)
  })

  function whoSpeaks(isOpen: boolean, speaking?: { readonly user: boolean; readonly assistant: boolean }): string {
    if (!isOpen) return ''
    if (call?.microphone.state === 'locked') return 'Tap the page to switch the microphone on'
    if (speaking?.user) return 'You are speaking'
    if (speaking?.assistant) return 'The assistant is speaking'
    if (muteButton.ariaPressed === 'true') return 'Your microphone is muted'
    if (holdButton.ariaPressed === 'true') return 'Let go to send'
    return chosenTurns() === 'server' ? 'Listening' : 'Hold the button, or Space, to talk'
  }

  /** Announces the text without moving the focus. */
  function disable(button: HTMLButtonElement, isDisabled: boolean): void {
    button.setAttribute('aria-disabled', String(isDisabled))
  }

  function interrupt(): void {
    if (interruptButton.ariaDisabled !== 'true') call?.session.interrupt()
  }

  connectButton.addEventListener('click', () => void (call ? end() : start()))
  interruptButton.addEventListener('click', interrupt)
  addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') interrupt()
  })
  muteButton.addEventListener('click', () => {
    const isMuted = muteButton.ariaPressed !== 'true'
    muteButton.setAttribute('aria-pressed', String(isMuted))
    call?.setMuted(isMuted)
    draw()
  })
  holdable(holdButton, {
    press() {
      call?.press()
      draw()
    },
    release() {
      call?.release().catch(showError)
      draw()
    },
  })
  setup.addEventListener('change', ({ target }) => {
    if ((target as HTMLInputElement).name === 'turns') call?.setTurnTaking(chosenTurns()).catch(showError)
    draw()
  })
  find('dismiss', HTMLButtonElement).addEventListener('click', () => {
    hideMessage()
    connectButton.focus()
  })
  find('write', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    const text = message.value.trim()
    if (text === '') return
    if (call?.session.getState().status !== 'open') return showMessage('Connect before you send a message.')
    message.value = ''
    const { session } = call
    session.interrupt()
    session.items
      .create({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
      .then(() => session.respond(), showError)
  })
  find('detection', HTMLSelectElement).addEventListener('change', () => {
    call?.setTurnTaking(chosenTurns()).catch(showError)
  })
  find('save', HTMLButtonElement).addEventListener('click', () => {
    if (!frames.save()) showMessage('There is no recording yet. Connect first.')
  })
  find('copy', HTMLButtonElement).addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(codeFor(configFor(chosenTurns(), readAgent().config), writtenTools(), model))
      showMessage('The code is in the clipboard.')
    } catch (error) {
      showError(error)
    }
  })
  addEventListener('pagehide', () => void end())

  find('service', HTMLElement).textContent = description
  find('ways', HTMLFieldSetElement).hidden = ways.length === 1
  await devices.refresh().catch(showError)
  draw()
}
