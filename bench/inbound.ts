import { Buffer } from 'node:buffer'
import { decodeBase64 } from 'realtime-primitives/audio'
import { realtimeCodec, type ServerEvent } from 'realtime-primitives/protocol'
import { agentsSession, agentsTransport } from './contenders/agents.js'
import { openaiSocket } from './contenders/openai.js'
import { addTranscript, addTranscriptAndTools, type OurSession, ourSession } from './contenders/ours.js'
import { type Contender, measure, type Result, settle } from './measure.js'
import type { Trace } from './trace.js'

/** From the bytes of a frame to the audio in the hands of the program: still as base64, and as bytes. */
export async function measureInbound(trace: Trace, rounds: number): Promise<{ asText: Result[]; asBytes: Result[] }> {
  const { frames } = trace
  const options = { units: frames.length, rounds }
  assertAllAreEvents(trace)
  return {
    asText: await measure(
      contenders(
        trace,
        (delta) => delta.length,
        (delta) => delta.length,
      ),
      {
        ...options,
        expected: trace.audioCharacters,
      },
    ),
    asBytes: await measure(
      [
        ...contenders(
          trace,
          (delta) => Buffer.from(delta, 'base64').length,
          (delta) => decodeBase64(delta).length,
        ),
        ...decoders(trace),
      ],
      { ...options, expected: trace.audioBytes },
    ),
  }
}

type Use = (delta: string) => number

/** What follows a session besides the listener of its audio. A feature has timers and would outlive its round if it was not stopped. */
const sessions: readonly { name: string; follow(ours: OurSession, greeting: string): Promise<() => void> }[] = [
  { name: 'no reader of its state', follow: async () => () => {} },
  {
    name: 'a subscriber that reads its state',
    follow: async ({ session }) => session.subscribe(() => session.getState()),
  },
  { name: 'runTranscript', follow: addTranscript },
  { name: 'runTranscript and runTools', follow: addTranscriptAndTools },
]

/** Those who leave it to the program to decode audio. */
function contenders({ frames, greeting }: Trace, use: Use, useOurs: Use): Contender[] {
  const created = greeting.toString()
  return [
    {
      name: 'floor: JSON.parse and a switch, nothing checked',
      prepare: async () => async () => {
        let amount = 0
        for (const frame of frames) amount += take(JSON.parse(frame.toString()), use)
        return amount
      },
    },
    {
      name: 'realtime-primitives: codec, all checked',
      prepare: async () => async () => {
        let amount = 0
        for (const frame of frames) {
          const decoded = realtimeCodec.decode(frame.toString())
          if (decoded.kind === 'event') amount += take(decoded.event, useOurs)
        }
        return amount
      },
    },
    ...sessions.map(({ name, follow }) => ({
      name: `realtime-primitives: session, ${name}`,
      async prepare() {
        const ours = await ourSession(created)
        const { session, transport } = ours
        let amount = 0
        session.on('response.output_audio.delta', ({ delta }) => {
          amount += useOurs(delta)
        })
        const stop = await follow(ours, created)
        return async () => {
          for (const frame of frames) transport.deliver(frame.toString())
          await settle()
          stop()
          return amount
        }
      },
    })),
    {
      name: 'openai: OpenAIRealtimeWS, only "type" checked',
      async prepare() {
        const { realtime, deliver } = openaiSocket()
        await new Promise((resolve) => realtime.socket.once('close', resolve))
        let amount = 0
        realtime.on('response.output_audio.delta', ({ delta }) => {
          amount += use(delta)
        })
        return async () => {
          for (const frame of frames) deliver(frame)
          return amount
        }
      },
    },
  ]
}

/** Those who always decode audio. */
function decoders({ frames, greeting }: Trace): Contender[] {
  const created = greeting.toString()
  return [
    {
      name: 'agents-realtime: transport, checked twice',
      async prepare() {
        const { transport, deliver } = await agentsTransport(created)
        let amount = 0
        transport.on('audio', ({ data }) => {
          amount += data.byteLength
        })
        return async () => {
          for (const frame of frames) deliver(frame.toString())
          await settle()
          return amount
        }
      },
    },
    {
      name: 'agents-realtime: session, checked twice, history kept',
      async prepare() {
        const { session, deliver } = await agentsSession(created)
        let amount = 0
        session.on('audio', ({ data }) => {
          amount += data.byteLength
        })
        return async () => {
          for (const frame of frames) deliver(frame.toString())
          await settle()
          return amount
        }
      },
    },
  ]
}

/** What a program does with an event that it was handed as it is. */
function take(event: ServerEvent, use: Use): number {
  switch (event.type) {
    case 'response.output_audio.delta':
      return use(event.delta)
    case 'error':
      throw new Error(event.error.message)
    default:
      return 0
  }
}

/** A frame that one contender refuses and another lets pass would make them incomparable. */
function assertAllAreEvents({ frames, greeting }: Trace): void {
  for (const frame of [greeting, ...frames]) {
    const decoded = realtimeCodec.decode(frame.toString())
    if (decoded.kind !== 'event')
      throw new Error(`the trace has a frame that is ${decoded.kind}: ${frame.subarray(0, 200)}`)
  }
}
