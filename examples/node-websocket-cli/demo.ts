import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Clock, createSession, type SessionConfigInput, type Transport, webSocket } from 'realtime-primitives'
import { writeWav } from 'realtime-primitives/audio'
import { speak } from './caller.js'
import { holdConversation, type Tally } from './conversation.js'
import { helpFor, type Options, readOptions } from './options.js'
import { type Recording, readRecording, wireRate } from './recording.js'
import { createScreen } from './screen.js'
import { clockFor, type Server, serverFor } from './server.js'
import { createSpeaker } from './speaker.js'

const ownRecording = fileURLToPath(new URL('speech.wav', import.meta.url))

/** A failure that needs one line and no stack. */
export class Problem extends Error {}

/**
 * Runs the program with the arguments of a command line, and prints what happens. Rejects with a {@link Problem} or an error of the package.
 * @param command the command that users type, for the help
 */
export async function runDemo(args: string[], command = 'npm run demo --'): Promise<void> {
  const options = readOptions(args)
  if (options === 'help') {
    console.log(helpFor(command))
    return
  }
  if ('problem' in options) throw new Problem(options.problem)
  const recording = await read(options.input ?? ownRecording)
  const clock = clockFor(options.speed)
  const server = await serverFor(options, clock)
  try {
    await converse(options, recording, server, clock)
  } finally {
    await server.close()
  }
}

async function converse(options: Options, recording: Recording, server: Server, clock: Clock): Promise<void> {
  const screen = createScreen(clock)
  const counts: Counts = { sent: 0, received: 0, bytesSent: 0, bytesReceived: 0 }
  const transport = counting(webSocket(server.endpoint), counts)
  const session = createSession({ transport, config: configFor(options), clock })
  const speaker = createSpeaker(clock, session.playback)
  const { interrupt } = options
  const { floor, tally } = holdConversation({ session, speaker, screen, clock, interrupt, tools: { weather } })

  const { name, seconds, sampleRate, channelCount } = recording
  const channels = channelCount === 1 ? 'mono' : `${channelCount} channels`
  screen.plain(`${name}: ${seconds.toFixed(1)} s, ${sampleRate} Hz, ${channels}\n→ ${server.description}\n`)
  const startedAt = clock.now()
  await session.connect()
  const { session: resource } = session.getState()
  const model = resource && 'model' in resource ? resource.model : options.model
  screen.line('session', `connected to ${model} in ${Math.round(clock.now() - startedAt)} ms`)

  const lost = session.closed.then(({ code, error }) => {
    throw error ?? new Problem(`the server closed the connection (${code})`)
  })
  lost.catch(() => {})
  await Promise.race([speak(session, recording, floor, clock), lost])
  await session.close()

  await write(options.output, writeWav(speaker.recording(), { sampleRate: wireRate }))
  screen.plain(summary(tally, speaker.spokenSeconds, counts, options.output))
  if (tally.failures > 0) process.exitCode = 1
}

function configFor({ voice }: Options): SessionConfigInput {
  return {
    instructions: 'You are a friendly telephone companion. Answer in one or two short sentences.',
    output_modalities: ['audio'],
    audio: {
      input: {
        format: { type: 'audio/pcm', rate: wireRate },
        transcription: { model: 'gpt-transcribe' },
        turn_detection: { type: 'server_vad', silence_duration_ms: 500 },
      },
      output: { format: { type: 'audio/pcm', rate: wireRate }, voice },
    },
    tools: [
      {
        type: 'function',
        name: 'weather',
        description: 'The weather in a city, now.',
        parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    ],
  }
}

function weather(args: unknown): unknown {
  return { ...(args as object), sky: 'clear', celsius: 21 }
}

interface Counts {
  sent: number
  received: number
  bytesSent: number
  bytesReceived: number
}

/** A transport that counts what passes through it: whatever changes or watches a transport is a transport. */
function counting(inner: Transport, counts: Counts): Transport {
  inner.on('message', (frame) => {
    counts.received += 1
    counts.bytesReceived += Buffer.byteLength(frame)
  })
  return {
    get state() {
      return inner.state
    },
    get bufferedAmount() {
      return inner.bufferedAmount
    },
    audio: inner.audio,
    open: inner.open,
    close: inner.close,
    on: inner.on,
    send(frame) {
      inner.send(frame)
      counts.sent += 1
      counts.bytesSent += Buffer.byteLength(frame)
    },
  }
}

function summary(tally: Tally, spokenSeconds: number, counts: Counts, output: string): string {
  const sorted = [...tally.latenciesMs].sort((a, b) => a - b)
  const median = sorted[Math.floor((sorted.length - 1) / 2)]
  const latency = median === undefined ? 'no answer' : `${Math.round(median)} ms (median of ${sorted.length})`
  const size = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`
  return `
turns          ${tally.turns}${tally.turns === 0 ? ' (no speech was found in the recording)' : ''}
heard          ${(tally.playedMs / 1000).toFixed(1)} s
spoken         ${spokenSeconds.toFixed(1)} s
first audio    ${latency}
tool calls     ${tally.toolCalls}
interruptions  ${tally.interruptions}
events         ${counts.sent} sent, ${counts.received} received
bytes          ${size(counts.bytesSent)} sent, ${size(counts.bytesReceived)} received
answers        ${output}`
}

async function read(path: string): Promise<Recording> {
  try {
    return await readRecording(path)
  } catch (error) {
    throw new Problem(`cannot use ${path}: ${reasonOf(error)}`)
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes)
  } catch (error) {
    throw new Problem(`cannot write ${path}: ${reasonOf(error)}`)
  }
}

const fileProblems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'that is a folder',
  EACCES: 'access is denied',
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return fileProblems[code] ?? (error as Error).message
}
