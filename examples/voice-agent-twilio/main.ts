import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  combineDetectors,
  detectCardNumbers,
  detectPhoneNumbers,
  type Interruption,
  type Transport,
  webSocket,
} from 'realtime-primitives'
import { decodeMuLaw } from 'realtime-primitives/audio'
import { type CallSummary, recordCall } from 'realtime-primitives/recording'
import { callFiles } from 'realtime-primitives/recording/node'
import { createEmulator, reply, scaledClock } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import type { TwilioBridge } from 'realtime-primitives/twilio'
import { startAgent } from './agent.js'
import { holdCall, readSentences } from './caller.js'
import { countDifferences, findSound } from './compare.js'

const { values } = parseArgs({ options: { fast: { type: 'boolean' }, record: { type: 'string' } } })
const clock = scaledClock(values.fast ? 4 : 1)
const startedAt = clock.now()
const print = (who: string, text: string) =>
  console.log(`${((clock.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${who.padEnd(6)}  ${text}`)

const sentences = await readSentences()
const spoken = sentences.map(({ text }) => text)
const emulator = createEmulator({
  clock,
  hear: () => spoken.shift() ?? '…',
  // A greeting, and a response to the key. The emulator echoes everything else in the caller's voice.
  script: ({ input }) => {
    const last = input.at(-1)
    if (last === undefined) return reply('Good day. What can I do for you?')
    return last.type === 'message' && last.content.some(({ type }) => type === 'input_text')
      ? reply('You pressed five. Goodbye.')
      : undefined
  },
})
const model = await serve(emulator)

/** All audio that is sent to the model. */
const toModel: Buffer[] = []
let interruption: Interruption | undefined
let truncatedAtMs: number | undefined
let key = ''
let stopped: Promise<unknown> = Promise.resolve()
let recorded: Promise<CallSummary | undefined> | undefined

const agent = await startAgent({
  clock,
  print,
  transport: () => listening(webSocket({ baseUrl: model.url, model: 'gpt-realtime-2.1' })),
  onCall(session, bridge) {
    session.on('interrupted', (event) => {
      interruption = event
    })
    session.on('conversation.item.truncated', ({ audio_end_ms }) => {
      truncatedAtMs = audio_end_ms
    })
    stopped = new Promise((resolve) => bridge.on('stop', resolve))
    if (values.record) record(bridge, values.record)
    bridge.on('dtmf', ({ digit }) => {
      key += digit
    })
  },
})

try {
  const { phone, heardOfCutAnswerMs } = await holdCall(agent.url, sentences, clock)
  await stopped
  const said = phone.sent()
  const arrived = new Uint8Array(Buffer.concat(toModel))
  const differences = countDifferences(said, arrived)
  const echoes = decodeMuLaw(new Uint8Array(Buffer.concat(phone.frames.map(({ bytes }) => bytes))))
  const matches = sentences.map(({ muLaw }) => findSound(echoes, decodeMuLaw(muLaw)).correlation)
  const frameBytes = 160
  const odd = phone.frames.filter(({ bytes }) => bytes.length % frameBytes !== 0).length

  console.log(`
to the model   ${seconds(said.length)} said, ${seconds(arrived.length)} passed on, ${differences} bytes differ
echoed         ${matches.map((match, index) => `${index === 2 ? '(cut off)' : match.toFixed(4)}`).join('  ')}  correlation with what was said, by sentence
media          ${phone.frames.length} messages in frames of 20 ms, ${odd} of another length, ${phone.rejected.length} refused
interruption   the telephone played ${heardOfCutAnswerMs} ms; ${interruption?.played?.playedMs} ms by the marks, ${truncatedAtMs} ms in the memory of the model
key            ${key}`)

  const summary = await recorded
  if (summary)
    console.log(
      `recording      ${seconds(summary.durationMs * 8)}, ${summary.transcript.length} messages, ${summary.interruptions.length} interruption`,
    )

  const isRight =
    differences === 0 &&
    said.length - arrived.length <= 10 * 160 &&
    matches.every((match, index) => index === 2 || match > 0.999) &&
    odd + phone.rejected.length === 0 &&
    truncatedAtMs !== undefined &&
    truncatedAtMs <= heardOfCutAnswerMs &&
    heardOfCutAnswerMs - truncatedAtMs < 400 &&
    key === '5'
  if (!isRight) throw new Error('The call did not go as it should.')
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await agent.close()
  await model.close()
}

/** Records a call into a folder. A real agent asks the caller first, and calls `start()` when the caller has agreed. */
function record(bridge: TwilioBridge, folder: string): void {
  bridge.on('start', ({ callSid }) => {
    const redact = combineDetectors(detectCardNumbers, detectPhoneNumbers)
    const recorder = recordCall(bridge, { ...callFiles(folder, callSid), redact })
    recorder.start()
    print('file', `${join(folder, callSid)}.jsonl and .wav`)
    bridge.on('stop', () => {
      recorded = recorder.stop()
    })
  })
}

/** Wraps a transport and records the audio that is sent over it. */
function listening(inner: Transport): Transport {
  return Object.create(inner, {
    send: {
      value(frame: string) {
        const event = JSON.parse(frame)
        if (event.type === 'input_audio_buffer.append') toModel.push(Buffer.from(event.audio, 'base64'))
        inner.send(frame)
      },
    },
  })
}

function seconds(bytes: number): string {
  return `${(bytes / 8_000).toFixed(2)} s`
}
