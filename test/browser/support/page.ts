// Functions that the tests call in the page.
import { createSession, isRealtimeError, type Transport, type WebSocketOptions, webSocket } from 'realtime-primitives'
import { int16ToBytes } from 'realtime-primitives/audio'

const model = 'gpt-realtime-2.1'
const samplesPerMs = 24

/** A spoken turn and its echo. */
export interface SpokenTurn {
  readonly status: string
  /** Start and end of the speech that the server detected, in milliseconds of the sent audio. */
  readonly speechMs: readonly [number, number]
  /** Position of the response in the sent audio, in milliseconds. It is -1 when the response does not occur there sample for sample. */
  readonly echoFromMs: number
  readonly echoMs: number
  readonly transcript: string
}

/** Returns a tone with an overtone whose level follows syllables, with silence before and after. */
function speech(): Int16Array<ArrayBuffer> {
  const [beforeMs, spokenMs, afterMs] = [400, 1_200, 1_000]
  const samples = new Int16Array((beforeMs + spokenMs + afterMs) * samplesPerMs)
  for (let index = 0; index < spokenMs * samplesPerMs; index++) {
    const seconds = index / samplesPerMs / 1_000
    const swell = Math.sin(Math.PI * ((seconds * 4) % 1))
    const wave = Math.sin(2 * Math.PI * 180 * seconds) + 0.5 * Math.sin(2 * Math.PI * 720 * seconds)
    samples[beforeMs * samplesPerMs + index] = Math.round(9_000 * swell * wave)
  }
  return samples
}

/** Sends speech in chunks of 20 ms, waits until the server has detected the turn, and reads the response. */
async function speak(baseUrl: string, apiKey: string): Promise<SpokenTurn> {
  const session = createSession({
    transport: webSocket({ baseUrl, apiKey, model }),
    config: { audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 400 } } } },
  })
  await session.connect()
  const started = session.waitFor('input_audio_buffer.speech_started', { timeoutMs: 20_000 })
  const stopped = session.waitFor('input_audio_buffer.speech_stopped', { timeoutMs: 20_000 })
  const answered = new Promise<Omit<SpokenTurn, 'speechMs' | 'echoFromMs'> & { echo: Uint8Array }>((resolve) => {
    session.on('response', async (response) => {
      const [echo, words] = await Promise.all([collect(response.audio()), collect(response.transcript())])
      const bytes = new Uint8Array(echo.flatMap((chunk) => [...chunk]))
      const { status } = await response.done
      resolve({ status, transcript: words.join(''), echo: bytes, echoMs: bytes.length / 2 / samplesPerMs })
    })
  })
  const sent = speech()
  for (let at = 0; at < sent.length; at += 20 * samplesPerMs)
    session.audio.append(sent.subarray(at, at + 20 * samplesPerMs))
  const [{ audio_start_ms }, { audio_end_ms }] = await Promise.all([started, stopped])
  const { echo, ...answer } = await answered
  await session.close()
  const echoFromMs = echo.length === 0 ? -1 : find(int16ToBytes(sent), echo) / 2 / samplesPerMs
  return { ...answer, speechMs: [audio_start_ms ?? -1, audio_end_ms ?? -1], echoFromMs }
}

/** Returns the byte position of `part` in `whole`, or that of -1 ms. */
function find(whole: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= whole.length; at += 2) {
    let same = 0
    while (same < part.length && whole[at + same] === part[same]) same++
    if (same === part.length) return at
  }
  return -2 * samplesPerMs
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}

async function write(baseUrl: string, apiKey: string): Promise<{ text: string; status: string; state: string }> {
  const transport = webSocket({ baseUrl, apiKey, model })
  const session = createSession({ transport, config: { output_modalities: ['text'] } })
  await session.connect()
  await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello!' }] })
  const response = session.respond()
  const text = (await collect(response.text())).join('')
  const { status } = await response.done
  await session.close()
  return { text, status, state: transport.state }
}

/** Opens a transport. Returns the code and message of the error, and the state of the transport. */
async function open(options: WebSocketOptions): Promise<{ code: string; message: string; state: Transport['state'] }> {
  const transport = webSocket({ model, ...options })
  try {
    await transport.open()
    await transport.close()
    return { code: 'OPENED', message: '', state: transport.state }
  } catch (error) {
    if (!isRealtimeError(error)) throw error
    return { code: error.code, message: error.message, state: transport.state }
  }
}

const library = { speak, write, open }

declare global {
  interface Window {
    library: typeof library
  }
}

window.library = library
