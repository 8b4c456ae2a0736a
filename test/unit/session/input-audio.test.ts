import {
  createSession,
  createTranscriptionSession,
  createTranslationSession,
  isSessionError,
  memoryPair,
} from 'realtime-primitives'
import { expect, it } from 'vitest'
import { createManualClock } from '../../../src/testing/clock.js'
import { sessionResource, settle } from '../../support/peer.js'

const sessions = [
  ['realtime', createSession, sessionResource],
  ['transcription', createTranscriptionSession, { ...sessionResource, type: 'transcription' }],
  [
    'translation',
    createTranslationSession,
    { type: 'translation', id: 'sess_1', model: 'gpt-realtime-translate', expires_at: 0, audio: {} },
  ],
] as const

it.each(sessions)('audio.append throws MEDIA_TRANSPORT on a media transport and sends nothing (%s)', async (...row) => {
  const [, create, resource] = row
  const [near, far] = memoryPair({ audio: 'media' })
  const received: string[] = []
  far.on('message', (frame) => received.push(frame))
  const session = create({ transport: near, clock: createManualClock() })
  expect(() => session.audio.append(new Int16Array(240))).toThrow(expect.objectContaining({ code: 'NOT_CONNECTED' }))
  far.open().catch(() => {})
  const connecting = session.connect()
  await settle()
  far.send(JSON.stringify({ type: 'session.created', event_id: 'event_1', session: resource }))
  await connecting
  let caught: unknown
  try {
    session.audio.append(new Int16Array(240))
  } catch (error) {
    caught = error
  }
  expect(isSessionError(caught, 'MEDIA_TRANSPORT')).toBe(true)
  expect((caught as Error).message).toContain('audio.append has no effect, because this transport')
  await settle()
  expect(received).toEqual([])
  await session.close()
  expect(() => session.audio.append(new Int16Array(240))).toThrow(expect.objectContaining({ code: 'CLOSED' }))
})
