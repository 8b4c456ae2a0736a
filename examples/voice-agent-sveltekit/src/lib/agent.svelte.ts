import {
  createSession,
  reconnecting,
  runTools,
  runTranscript,
  selectActiveResponse,
  selectLines,
  TransportError,
  tool,
  webSocket,
} from 'realtime-primitives'
import { captureInto, createMicrophone, createSpeaker, playThrough } from 'realtime-primitives/browser'
// A file, not inline: the policy of this page allows neither `blob:` nor `data:`.
import workletUrl from 'realtime-primitives/browser/worklet.js?url&no-inline'
import { type Booking, type Wish, wishSchema } from './booking.js'
import { sentenceOf } from './sentences.js'
import { follow } from './session.svelte'

/** One conversation: a session, its microphone and speaker, and the state that the page shows. */
export type Agent = ReturnType<typeof createAgent>

export function createAgent(service: { readonly baseUrl: string; readonly model: string }) {
  const microphone = createMicrophone({ workletUrl })
  const speaker = createSpeaker({ workletUrl })
  const transport = reconnecting(webSocket({ ...service, apiKey: fetchSecret }))
  const session = createSession({ transport })
  const transcript = runTranscript(session)

  const state = follow(session.subscribe, session.getState)
  const words = follow(transcript.subscribe, transcript.getState)
  const sound = follow(
    (update) => speaker.on('state', update),
    () => speaker.state,
  )
  const bookings = $state<Booking[]>([])
  let problem = $state<string>()
  let isMuted = $state(false)
  let isOver = $state(false)

  const book = tool({
    name: 'book_table',
    description: 'Books a table for tonight. Read the code that it gives back to the caller.',
    parameters: wishSchema,
    // A table that is being booked is booked, whatever becomes of the connection.
    abortOn: [],
    async execute(wish, { signal }) {
      const booking = await bookTable(wish, signal)
      bookings.push(booking)
      return booking
    },
  })

  const tools = runTools(session, [book])
  const ends = [
    captureInto(session, microphone),
    playThrough(session, speaker),
    () => transcript.stop(),
    () => tools.stop(),
    // The model has already received the failure; this one is for the developer of the page.
    tools.on('error', console.error),
    microphone.on('error', fail),
    transport.on('reconnecting', ({ cause }) => {
      problem = `${cause instanceof Error ? sentenceOf(cause) : 'The connection is lost.'} Trying again…`
    }),
    transport.on('open', () => {
      problem = undefined
    }),
    session.on('response.done', ({ response }) => {
      if (response.status === 'failed') problem = 'The response failed. Repeat what you said.'
    }),
  ]
  void session.closed.then(({ error }) => fail(error))

  function fail(error: unknown): void {
    if (isOver) return
    void end()
    problem = sentenceOf(error)
  }

  async function end(): Promise<void> {
    isOver = true
    problem = undefined
    for (const stop of ends.splice(0)) stop()
    await Promise.all([session.close(), microphone.stop(), speaker.stop()])
  }

  return {
    /** Call it in a click handler, so that the browser allows audio. */
    start() {
      Promise.all([speaker.start(), microphone.start(), session.connect()]).catch(fail)
    },
    /** Releases all resources, also while the call is starting. The transcript stays readable. */
    end,
    interrupt: () => session.interrupt(),
    toggleMute() {
      isMuted = !isMuted
      if (isMuted) microphone.mute()
      else microphone.unmute()
    },
    get status() {
      return isOver ? 'closed' : state.current.status
    },
    get isAnswering() {
      return !isOver && (words.current.speaking.assistant || selectActiveResponse(state.current) !== undefined)
    },
    get isUserSpeaking() {
      return words.current.speaking.user
    },
    get isLocked() {
      return sound.current === 'locked'
    },
    get lines() {
      return selectLines(words.current)
    },
    get bookings() {
      return bookings
    },
    get problem() {
      return problem
    },
    get isMuted() {
      return isMuted
    },
  }
}

/** Called for each connection, since a secret lasts a minute. */
async function fetchSecret(): Promise<string> {
  const response = await fetch('/client-secret', { method: 'POST' })
  if (response.ok) return (await response.json()).value
  // By its status `reconnecting` knows whether another attempt could help.
  throw new TransportError('CONNECT_FAILED', {
    url: '/client-secret',
    status: response.status,
    reason: 'the server of the page gave no secret',
  })
}

/** Runs on the server, where the secret is that makes the code. */
async function bookTable(wish: Wish, signal: AbortSignal): Promise<Booking> {
  const response = await fetch('/bookings', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wish),
    signal,
  })
  if (!response.ok) throw new Error(`/bookings answered ${response.status}`)
  return response.json()
}
