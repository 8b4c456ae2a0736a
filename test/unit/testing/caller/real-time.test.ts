import { createSession, webSocket } from 'realtime-primitives'
import {
  type CallResult,
  createCaller,
  createEmulator,
  createManualClock,
  createTelephone,
  reply,
  sessionLine,
  settleOn,
  socketPair,
  telephoneLine,
} from 'realtime-primitives/testing'
import { createWebRtcPhone, emulatorFixture, espeak } from 'realtime-primitives/testing/node'
import { bridgeTwilio } from 'realtime-primitives/twilio'
import { webRTC } from 'realtime-primitives/webrtc'
import { describe, expect, it, onTestFinished } from 'vitest'

const says = ['What is the weather in Oslo?', 'Thank you, goodbye.']
const transcription = { model: 'gpt-transcribe' } as const

function expectAnswers({ turns, end }: CallResult): void {
  expect(end).toBe('completed')
  expect(turns.map(({ answer }) => answer !== undefined)).toEqual([true, true])
}

describe('a caller in real time', { retry: 2 }, () => {
  it('over a WebSocket: transcribed and answered', async () => {
    await emulatorFixture({ voice: 'tone', script: () => reply('Yes.') })({}, async (server) => {
      const session = createSession({
        transport: webSocket({ url: `${server.url}/realtime?model=gpt-realtime-2.1` }),
        config: { audio: { input: { transcription } } },
      })
      const heard: string[] = []
      session.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => heard.push(transcript))
      await session.connect()
      expectAnswers(await createCaller({ says }).call(sessionLine(session)))
      await session.close()
      expect(heard).toEqual(says)
    })
  })

  it('over WebRTC: transcribed and answered', async () => {
    await emulatorFixture({ voice: 'tone', script: () => reply('Yes.') })({}, async (server) => {
      const phone = await createWebRtcPhone()
      const session = { type: 'realtime', model: 'gpt-realtime-2.1', audio: { input: { transcription } } }
      const transport = webRTC({ apiKey: 'sk-any', session, baseUrl: server.httpUrl, ...phone.options })
      const line = phone.line(transport)
      const call = createSession({ transport })
      const heard: string[] = []
      call.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => heard.push(transcript))
      await call.connect()
      onTestFinished(() => call.close())
      expectAnswers(await createCaller({ says, startAfterMs: 1_000 }).call(line))
      expect(heard).toEqual(says)
    })
  })
})

describe('a caller on a telephone', () => {
  it('through the Twilio bridge on a manual clock: transcribed and answered', async () => {
    const clock = createManualClock()
    const emulator = createEmulator({ clock, voice: 'tone', script: () => reply('Yes, of course.') })
    const session = createSession({
      transport: emulator.connect(),
      clock,
      config: {
        audio: {
          input: { format: { type: 'audio/pcmu' }, transcription },
          output: { format: { type: 'audio/pcmu' } },
        },
      },
    })
    const heard: string[] = []
    session.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => heard.push(transcript))
    await settleOn(clock, session.connect())
    const [near, far] = socketPair()
    bridgeTwilio(near, session)
    const telephone = createTelephone(far, { clock })
    telephone.call()
    const result = await settleOn(clock, createCaller({ says, clock, noiseDb: -40 }).call(telephoneLine(telephone)))
    telephone.hangUp()
    await settleOn(clock, session.close())
    expect(heard).toEqual(says)
    expectAnswers(result)
  })
})

describe('espeak', () => {
  it('a missing program: rejects with SYNTHESIS_FAILED, the vocabulary, and without the sentence', async () => {
    const error: unknown = await createCaller({
      says: ['A secret sentence.'],
      synthesize: espeak({ program: 'no-such-program' }),
    })
      .sentences()
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'SYNTHESIS_FAILED',
      data: { program: 'no-such-program', reason: 'it is not installed' },
    })
    expect((error as Error).message).toContain('"Hello."')
    expect((error as Error).message).not.toContain('secret')
  })

  it('a program that fails: reports its exit code, and not the sentence', async () => {
    const error: unknown = await espeak({ program: 'false' })('A secret sentence.').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'SYNTHESIS_FAILED', data: { reason: 'it ended with 1' } })
    expect(JSON.stringify(error)).not.toContain('secret')
  })

  it('an installed program: returns speech', async ({ skip }) => {
    const audio = await espeak()('Can I bring my dog?').catch((error: { data?: { reason?: string } }) => {
      skip(error.data?.reason === 'it is not installed', 'espeak-ng is not installed')
      throw error
    })
    expect(audio.pcm.length / audio.rate).toBeGreaterThan(0.5)
    expect(audio.pcm.some((sample) => Math.abs(sample) > 3_000)).toBe(true)
  })
})
