import {
  type Agent,
  type ApprovalRequest,
  createApprovals,
  createSession,
  type DebugEntry,
  type InterruptionGuard,
  logging,
  type ReadableStore,
  type RealtimeSession,
  type ResponseHandle,
  runAgents,
  runDebug,
  runFallback,
  runInterruptionGuard,
  runTranscript,
  runUsage,
  type SessionState,
  type SettledResponse,
  type Stoppable,
  type TranscriptionSession,
  type TranscriptState,
  type TranslationSession,
  type Transport,
  type UsageState,
} from 'realtime-primitives'
import { createLevelMeter, createMicrophone, createSpeaker } from 'realtime-primitives/browser'
import { webRTC } from 'realtime-primitives/webrtc'
import { describe, expectTypeOf, test } from 'vitest'

declare const session: RealtimeSession
declare const transcription: TranscriptionSession
declare const translation: TranslationSession
declare const handle: ResponseHandle
declare const transport: Transport
declare const stream: MediaStream

describe('settled', () => {
  test('resolves with what a response led to', () => {
    expectTypeOf(handle.settled).toEqualTypeOf<Promise<SettledResponse>>()
    expectTypeOf<SettledResponse['text']>().toEqualTypeOf<string>()
    expectTypeOf<SettledResponse['toolCalls'][number]['output']>().toEqualTypeOf<string | undefined>()
  })
})

describe('runDebug and logging', () => {
  test('take every kind of session, and keep the type of a transport', () => {
    expectTypeOf(runDebug(session)).toEqualTypeOf<Stoppable>()
    runDebug(transcription, { log: (entry) => expectTypeOf(entry).toEqualTypeOf<DebugEntry>() })
    runDebug(translation, { text: 'keep' })
    expectTypeOf(logging(transport)).toEqualTypeOf<Transport>()
    expectTypeOf(logging(webRTC({ apiKey: 'ek_1' })).mute).toBeFunction()
  })
})

describe('runFallback and runInterruptionGuard', () => {
  test('take a session and options', () => {
    expectTypeOf(
      runFallback(session, {
        retry: (cause) => (cause === 'slow' ? { tool_choice: 'none' } : undefined),
        message: { text: 'One moment.', audio: new Uint8Array(2) },
      }),
    ).toEqualTypeOf<Stoppable>()
    expectTypeOf(runInterruptionGuard(session, { minSpeechMs: 300 })).toEqualTypeOf<InterruptionGuard>()
    const meter = createLevelMeter(stream)
    runInterruptionGuard(session, { levels: { microphone: meter, output: meter } })
    // @ts-expect-error: there is no such cause.
    runFallback(session, { causes: ['late'] })
  })
})

describe('the store contract', () => {
  test('is the same for sessions, features, and devices', () => {
    expectTypeOf(session).toExtend<ReadableStore<SessionState>>()
    expectTypeOf(createSession({ transport }).getServerState()).toEqualTypeOf<SessionState>()
    expectTypeOf(runTranscript(session)).toExtend<ReadableStore<TranscriptState>>()
    expectTypeOf(runUsage(transcription)).toExtend<ReadableStore<UsageState>>()
    expectTypeOf(createApprovals().getState().pending).toEqualTypeOf<readonly ApprovalRequest[]>()
    const run = runAgents(session, { start: 'a', agents: [{ name: 'a', instructions: '' }] })
    expectTypeOf(run.getState().current).toEqualTypeOf<Agent<'a'>>()
    expectTypeOf(createMicrophone()).toExtend<ReadableStore<{ readonly isMuted: boolean }>>()
    expectTypeOf(createSpeaker()).toExtend<ReadableStore<{ readonly isPlaying: boolean }>>()
    expectTypeOf(translation.getState().reconnect?.attempt).toEqualTypeOf<number | undefined>()
  })
})
