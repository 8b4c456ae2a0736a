import { createTranslationSession, webSocket } from 'realtime-primitives'
import { createClientSecret, isHttpError } from 'realtime-primitives/server'
import { afterEach, expect, it } from 'vitest'
import { createEmulator, type EmulatorOptions } from '../../../src/testing/index.js'
import { type EmulatorServer, serve } from '../../../src/testing/node/index.js'

const model = 'gpt-realtime-translate'
const open: EmulatorServer[] = []
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())))

async function start(options: EmulatorOptions = {}): Promise<EmulatorServer> {
  const server = await serve(createEmulator(options))
  open.push(server)
  return server
}

it('mints a client secret that starts the session it stands for', async () => {
  const { url, httpUrl } = await start({ apiKey: 'sk-good' })
  const secret = await createClientSecret(
    { session: { type: 'translation', model, audio: { output: { language: 'de' } } } },
    { apiKey: 'sk-good', baseUrl: httpUrl },
  )
  expect(secret.session).toMatchObject({ type: 'translation', model, expires_at: 0 })
  const session = createTranslationSession({
    transport: webSocket({ baseUrl: url, service: 'translations', model, apiKey: secret.value }),
  })
  await session.connect()
  expect(session.getState().session?.audio.output?.language).toBe('de')
  await session.finish()
})

it('refuses to mint for a bad key, or for a session that is none', async () => {
  const { httpUrl } = await start({ apiKey: 'sk-good' })
  const session = { type: 'translation', model } as const
  const bad = await createClientSecret({ session }, { apiKey: 'sk-bad', baseUrl: httpUrl }).catch((error) => error)
  expect(isHttpError(bad) && bad.data).toMatchObject({ status: 401 })
  const answer = await fetch(`${httpUrl}/realtime/translations/client_secrets`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-good' },
    body: JSON.stringify({ session }),
  })
  expect([answer.status, await answer.json()]).toMatchObject([
    400,
    { error: { code: 'unknown_parameter', param: 'session.type' } },
  ])
})

it('takes a WebSocket only at the address of translations', async () => {
  const { httpUrl } = await start()
  expect((await fetch(`${httpUrl}/realtime/translations?model=${model}`)).status).toBe(426)
  expect((await fetch(`${httpUrl}/realtime/translation?model=${model}`)).status).toBe(404)
})
