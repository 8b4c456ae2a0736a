// Runs in the page: an emulator, a session, a caller, and a replay, without a server.
import { createSession, recording } from 'realtime-primitives'
import {
  createCaller,
  createEmulator,
  createManualClock,
  replaying,
  reply,
  sessionLine,
  settleOn,
} from 'realtime-primitives/testing'

const says = ['Hello.', 'What is the weather in Oslo?', { text: 'Stop.', bargeInAfterMs: 800 }]
const config = { audio: { input: { transcription: { model: 'gpt-transcribe' } } } }

/** Holds a spoken conversation, and plays its recording into another session. */
async function converse() {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, voice: 'tone', script: () => reply('It rains in Oslo, all day long.') })
  let recorded = ''
  const write = (line: string) => {
    recorded += line
  }
  const session = createSession({
    transport: recording(emulator.connect(), write, { text: 'keep', clock }),
    clock,
    config,
  })
  const transcripts: string[] = []
  session.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => transcripts.push(transcript))
  await settleOn(clock, session.connect())
  const result = await settleOn(clock, createCaller({ says, clock, frameMs: 100 }).call(sessionLine(session)))
  await settleOn(clock, session.close())

  const again = createManualClock()
  const transport = replaying(recorded, { clock: again })
  const replayed = createSession({ transport, clock: again, config })
  transport.drive(replayed)
  await settleOn(again, Promise.all([replayed.connect(), transport.finished]))
  await settleOn(again, replayed.close())
  const { departures } = transport.report()
  return {
    transcripts,
    answers: result.turns.map(({ answer }) => answer !== undefined),
    departures: departures.map(({ kind, type }) => `${kind} ${type}`),
  }
}

declare global {
  interface Window {
    readonly converse: typeof converse
  }
}

Object.assign(window, { converse })
