import { createClientSecret } from 'realtime-primitives/server'
import { describe, expect, it } from 'vitest'
import { rejection, secretAnswer, startApi } from './support/api.js'

const apiKey = 'sk-standard'

describe('createClientSecret', () => {
  it('creates a secret for a realtime session and returns the response', async () => {
    const api = await startApi(() => ({ body: secretAnswer }))
    const secret = await createClientSecret(
      {
        expires_after: { anchor: 'created_at', seconds: 60 },
        session: { type: 'realtime', model: 'gpt-realtime-2.1', audio: { output: { voice: 'marin' } } },
      },
      { apiKey, baseUrl: api.url },
    )
    expect(secret).toEqual(secretAnswer)
    expect(api.seen).toHaveLength(1)
    expect(api.seen[0]).toMatchObject({
      method: 'POST',
      url: '/v1/realtime/client_secrets',
      headers: { authorization: 'Bearer sk-standard', 'content-type': 'application/json', accept: 'application/json' },
    })
    expect(JSON.parse(api.seen[0]?.body ?? '')).toEqual({
      expires_after: { anchor: 'created_at', seconds: 60 },
      session: { type: 'realtime', model: 'gpt-realtime-2.1', audio: { output: { voice: 'marin' } } },
    })
  })

  it('creates a secret for a transcription session', async () => {
    const session = { type: 'transcription', object: 'realtime.transcription_session', id: 'sess_2' }
    const api = await startApi(() => ({ body: { ...secretAnswer, session } }))
    const secret = await createClientSecret(
      { session: { type: 'transcription', audio: { input: { transcription: { model: 'gpt-transcribe' } } } } },
      { apiKey, baseUrl: api.url },
    )
    expect(secret.session).toEqual(session)
    expect(api.seen[0]?.url).toBe('/v1/realtime/client_secrets')
  })

  it('creates a secret for a translation session without sending type', async () => {
    const session = { type: 'translation', id: 's', model: 'gpt-realtime-translate', expires_at: 1, audio: {} }
    const api = await startApi(() => ({ body: { value: 'ek_t', expires_at: 1, session } }))
    const { value } = await createClientSecret(
      { session: { type: 'translation', model: 'gpt-realtime-translate', audio: { output: { language: 'es' } } } },
      { apiKey, baseUrl: api.url },
    )
    expect(value).toBe('ek_t')
    expect(api.seen[0]?.url).toBe('/v1/realtime/translations/client_secrets')
    expect(JSON.parse(api.seen[0]?.body ?? '')).toEqual({
      session: { model: 'gpt-realtime-translate', audio: { output: { language: 'es' } } },
    })
  })

  it('accepts null and unknown fields in the response', async () => {
    const session = { ...secretAnswer.session, tracing: null, prompt: null, include: null, new_field: 1 }
    const api = await startApi(() => ({ body: { ...secretAnswer, session, other: true } }))
    expect(await createClientSecret({}, { apiKey, baseUrl: api.url })).toEqual({
      ...secretAnswer,
      session,
      other: true,
    })
  })

  it.each([
    [{ session: { type: 'realtime', voice: 'x' } }, 'session.voice', 'must be left out, but is a string; remove it'],
    [
      { session: { type: 'realtime', audio: { output: { speed: 99 } } } },
      'session.audio.output.speed',
      'must be a number from 0.25 to 1.5, but is a number outside of that; correct it',
    ],
    [{ session: {} }, 'session.type', 'must be "realtime" or "transcription", but is missing; add it'],
    [
      { expires_after: { anchor: 'created_at', seconds: 5 } },
      'expires_after.seconds',
      'must be an integer from 10 to 7200, but is another number; correct it',
    ],
    [
      { expires_after: { anchor: 'created_at', seconds: Number.NaN } },
      'expires_after.seconds',
      'must be a value that JSON can carry, but is NaN; correct it',
    ],
    [{ session: { type: 'translation' } }, 'session.model', 'must be a string, but is missing; add it'],
    [null, 'params', 'must be an object, but is null; correct it'],
  ])('rejects %j before it sends a request', async (params, option, problem) => {
    const api = await startApi()
    const error = await rejection(createClientSecret(params as never, { apiKey, baseUrl: api.url }))
    expect(error.shortMessage).toBe(`The option "${option}" ${problem}.`)
    expect(api.seen).toEqual([])
  })

  it('validates parameters after toJSON', async () => {
    const api = await startApi()
    const session = { toJSON: () => ({ type: 'realtime', temperature: 0.8 }) }
    const error = await rejection(createClientSecret({ session } as never, { apiKey, baseUrl: api.url }))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', data: { option: 'session.temperature' } })
    expect(api.seen).toEqual([])
  })

  it.each([
    ['{"value":"ek_1"', '', 'JSON', 'other text'],
    ['<html>Welcome</html>', '', 'JSON', 'other text'],
    ['[]', '', 'an object', 'an array'],
    [{ ...secretAnswer, value: null }, 'value', 'a string', 'null'],
    [{ value: 'ek_1', session: secretAnswer.session }, 'expires_at', 'a number', 'missing'],
    ['x'.repeat(5 * 2 ** 20), '', 'JSON', 'too long'],
  ])('rejects with INVALID_ANSWER and the path (%#)', async (body, path, expected, found) => {
    const api = await startApi(() => ({ body, headers: { 'x-request-id': 'req_7' } }))
    const error = await rejection(createClientSecret({}, { apiKey, baseUrl: api.url }))
    const request = `POST ${api.url}/realtime/client_secrets`
    expect(error).toMatchObject({
      code: 'INVALID_ANSWER',
      data: { request, status: 200, path, expected, found, requestId: 'req_7' },
    })
    expect(error.shortMessage).toBe(
      `${request} returned an invalid response: ${path || 'the body'} must be ${expected}, but is ${found}. Check that baseUrl is the URL of a Realtime API.`,
    )
    expect(api.seen).toHaveLength(1)
  })
})
