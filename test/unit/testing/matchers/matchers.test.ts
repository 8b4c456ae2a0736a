import { createSession, runTools, tool, webSocket } from 'realtime-primitives'
import {
  call,
  createCaller,
  createEmulator,
  createManualClock,
  reply,
  sessionLine,
  settleOn,
  withMatchers,
} from 'realtime-primitives/testing'
import { emulatorFixture } from 'realtime-primitives/testing/node'
import { expect as baseExpect, describe, it } from 'vitest'
import * as z from 'zod'

const expect = withMatchers(baseExpect)

/** A conversation with a call of a function and an interruption. */
async function converse() {
  const clock = createManualClock()
  const emulator = createEmulator({
    clock,
    voice: 'tone',
    script: [
      call('weather', { city: 'Oslo', days: 2 }),
      reply('It rains in Oslo and in Bergen, all day long.'),
      reply('Goodbye.'),
    ],
  })
  const session = createSession({
    transport: emulator.connect(),
    clock,
    config: { audio: { input: { transcription: { model: 'gpt-transcribe' } } } },
  })
  const parameters = z.object({ city: z.string(), days: z.number() })
  runTools(session, [tool({ name: 'weather', parameters, execute: () => 'Rain.' })])
  await settleOn(clock, session.connect())
  const says = ['What is the weather in Oslo?', { text: 'Thank you, goodbye.', bargeInAfterMs: 1_000 }]
  await settleOn(clock, createCaller({ says, clock }).call(sessionLine(session)))
  await settleOn(clock, session.close())
  return session
}

describe('withMatchers', () => {
  it('a conversation with a function and an interruption: matched', async () => {
    const session = await converse()
    expect(session).toHaveCalledTool('weather')
    expect(session).toHaveCalledTool('weather', { city: 'Oslo', days: 2 })
    expect(session).toHaveCalledTool('weather', baseExpect.objectContaining({ city: 'Oslo' }))
    expect(session).not.toHaveCalledTool('weather', { city: 'Oslo' })
    expect(session).not.toHaveCalledTool('pay')
    expect(session).toHaveHeard('the weather in Oslo')
    expect(session).toHaveHeard(/goodbye/g)
    expect(session).not.toHaveHeard('It rains')
    expect(session).toHaveSpoken('It rains in  Oslo')
    expect(session).not.toHaveSpoken(/snow/)
    // The caller interrupts after 1,000 ms, and the server needs some time to detect it.
    expect(session).toHaveBeenInterruptedAt(1_250, 250)
    expect(session).not.toHaveBeenInterruptedAt(100)
    expect(session).toHaveTurns(4)
    expect(session.getState()).toHaveTurns([
      { role: 'user', text: 'What is the weather in Oslo?' },
      { role: 'assistant', text: /rains/ },
      { role: 'user' },
      { role: 'assistant', text: 'Goodbye.' },
    ])
    expect(session).not.toHaveTurns([{ role: 'user' }])
  })

  it('a failed assertion: names what was expected and what there was', async () => {
    const session = await converse()
    baseExpect(() => expect(session).toHaveCalledTool('pay')).toThrow(
      'Expected the session to call pay. The calls: [weather({"city":"Oslo","days":2})].',
    )
    baseExpect(() => expect(session).not.toHaveSpoken('Goodbye.')).toThrow('Expected the session not to say "Goodbye."')
    baseExpect(() => expect(session).toHaveTurns(9)).toThrow(
      'have 9 turns. The turns: [user: What is the weather in Oslo?]',
    )
    baseExpect(() => expect(session).toHaveBeenInterruptedAt(9_000)).toThrow('be interrupted at 9000 ms (± 100 ms)')
  })

  it('a value that is no session: throws, whether negated or not', () => {
    const value = {} as ReturnType<typeof createSession>
    baseExpect(() => expect(value).not.toHaveSpoken('x')).toThrow(TypeError)
  })
})

describe('emulatorFixture', () => {
  it('a fixture: serves an emulator until the test has ended', async () => {
    const fixture = emulatorFixture({ script: [reply('Hello.')] })
    let url = ''
    await fixture({}, async (server) => {
      url = server.httpUrl
      baseExpect((await fetch(url.replace('/v1', '/'))).status).toBe(200)
    })
    await baseExpect(fetch(url)).rejects.toThrow()
  })

  it('the emulator of a fixture: returns what clients sent, and the server counts their handshakes', async () => {
    await emulatorFixture({ latencyMs: 0, pace: 1_000 })({}, async (server) => {
      const session = createSession({ transport: webSocket({ url: `${server.url}/realtime?model=gpt-realtime-2.1` }) })
      await session.connect()
      await session.respond().done
      baseExpect(server.emulator.journal({ from: 'client', type: 'response.create' })).toHaveLength(1)
      baseExpect(server.attempts).toBe(1)
      await session.close()
    })
  })

  it('the source of a fixture: starts with a pattern, from which Playwright reads its dependencies', () => {
    baseExpect(String(emulatorFixture())).toMatch(/^async \(\{\s*\}/)
  })
})
