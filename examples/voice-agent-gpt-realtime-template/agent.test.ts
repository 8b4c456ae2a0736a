// The agent without a key, a network or a second of waiting: an emulator plays the model, and time is moved by hand.
import { createSession, reconnecting, selectItems } from 'realtime-primitives'
import { call, createEmulator, createManualClock, reply, type Step } from 'realtime-primitives/testing'
import { afterEach, expect, it } from 'vitest'
import { agent, toolsOf } from './agent.js'
import { runAgent } from './run-agent.js'
import { createShop } from './shop.js'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A conversation with the agent, in which the model follows the script. */
async function talk(...script: Step[]) {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, script, hear: () => 'Wait!' })
  const session = createSession({ transport: reconnecting(emulator.connect(), { clock }), config: agent, clock })
  const shop = createShop()
  const log: string[] = []
  const ready = runAgent(session, {
    shop,
    hangUp: () => log.push('hung up'),
    print: (line) => log.push(line),
  })
  /** Moves time until a promise has settled. */
  async function settled<T>(promise: Promise<T>): Promise<T> {
    let isOver = false
    const over = () => {
      isOver = true
    }
    promise.then(over, over)
    for (let steps = 0; !isOver && steps < 1_000; steps++) await clock.advance(100)
    return promise
  }
  ends.push(async () => {
    await settled(session.close())
    // All resources of the call are released.
    expect(clock.pending).toBe(0)
  })
  await settled(Promise.all([session.connect(), ready]))
  return {
    clock,
    emulator,
    session,
    shop,
    log,
    settled,
    /** The caller writes, and all that follows happens. */
    async write(text: string): Promise<void> {
      await settled(session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }))
      session.respond()
      await clock.advance(20_000)
    },
    /** The tool results that the model received, and its transcripts. */
    story: () =>
      selectItems(session.getState()).flatMap(({ item }) => {
        if (item.type === 'function_call_output') return [`output: ${item.output}`]
        if (item.type !== 'message' || item.role !== 'assistant') return []
        return [`agent: ${item.content.map(({ transcript, text }) => transcript ?? text).join('')}`]
      }),
  }
}

/** Audio that is detected as speech, and the silence that ends a turn, at 24 kHz. */
function speech(ms: number): Int16Array {
  return Int16Array.from({ length: 24 * (ms + 2_000) }, (_, at) =>
    at < 24 * ms ? 9_000 * Math.sin((2 * Math.PI * 180 * at) / 24_000) * Math.sin(Math.PI * ((at / 6_000) % 1)) : 0,
  )
}

it('knows from its instructions when to use each of its tools', () => {
  for (const { name } of toolsOf(createShop(), () => {})) expect(agent.instructions).toContain(name)
})

it('looks an order up and says what it found', async () => {
  const { write, story, log } = await talk(
    call('find_order', { orderNumber: '4711' }),
    reply('It arrives tomorrow before noon.'),
  )
  await write('Where is 4711?')
  expect(story()).toEqual([
    'output: {"status":"shipped","total":24,"arrives":"tomorrow before noon","refunded":0}',
    'agent: It arrives tomorrow before noon.',
  ])
  expect(log).toEqual(['find_order: done'])
})

it('has the model correct an order number that cannot be one', async () => {
  const { write, story } = await talk(call('find_order', { orderNumber: '47' }), reply('Four digits, please.'))
  await write('Where is 47?')
  expect(story()).toEqual([
    expect.stringMatching(/INVALID_ARGUMENTS.*orderNumber.*four digits/),
    'agent: Four digits, please.',
  ])
})

it('gives nobody more than 50 dollars without a colleague', async () => {
  const { write, story, shop, log } = await talk(
    call('refund', { orderNumber: '4712', amount: 51 }),
    reply('A colleague will write to you.'),
    call('refund', { orderNumber: '4712', amount: 50 }),
    reply('50 dollars are on their way.'),
  )
  await write('I want 51 dollars back.')
  expect(story()).toEqual([expect.stringMatching(/REJECTED.*a colleague/i), 'agent: A colleague will write to you.'])
  expect(await shop.find('4712')).toMatchObject({ refunded: 0 })

  await write('Then 50.')
  expect(await shop.find('4712')).toMatchObject({ refunded: 50 })
  expect(log).toEqual(['refund: REJECTED', 'refund: done'])
})

it('is silent when the caller cuts in, and remembers only what was heard', async () => {
  const { session, clock, story } = await talk(
    reply('We roast on Mondays, we pack on Tuesdays, and on Wednesdays we send it all away.'),
    reply('Yes?'),
  )
  session.on('response.output_audio.delta', ({ item_id, content_index }) => {
    session.playback.enqueued({ itemId: item_id, contentIndex: content_index })
  })
  const interrupted: unknown[] = []
  session.on('interrupted', ({ by, played }) => interrupted.push({ by, playedMs: played?.playedMs }))
  const first = session.waitFor('response.output_audio.delta')
  session.respond()
  await clock.advance(1_000)
  const { item_id: itemId, content_index: contentIndex } = await first
  session.playback.played({ itemId, contentIndex }, 900)
  session.audio.append(speech(800))
  await clock.advance(20_000)
  expect(interrupted).toEqual([{ by: 'caller', playedMs: 900 }])
  expect(story().at(-1)).toBe('agent: Yes?')
  const cut = selectItems(session.getState()).find(({ id }) => id === itemId)
  expect(cut?.truncatedAtMs).toBe(900)
})

it('goes on after a drop with its tools and with what was said', async () => {
  const { write, story, emulator, session, settled } = await talk(
    reply('Which order?'),
    call('find_order', { orderNumber: '4711' }),
    reply('It arrives tomorrow.'),
  )
  await write('Where is my order?')
  const restored = new Promise((resolve) => session.on('restored', resolve))
  await settled(emulator.close())
  expect(await settled(restored)).toMatchObject({ lost: [] })
  await write('4711')
  expect(story()).toEqual(['agent: Which order?', expect.stringContaining('shipped'), 'agent: It arrives tomorrow.'])
})

it('hangs up when its goodbye was heard', async () => {
  const { write, session, clock, log } = await talk(call('end_call'), reply('Goodbye, and enjoy the coffee.'))
  const goodbye: string[] = []
  session.on('response.output_audio.done', () => goodbye.push(...log))
  await write('That was all.')
  expect(goodbye).not.toContain('hung up')
  await clock.advance(10_000)
  expect(log).toEqual(['end_call: done', 'hung up'])
})

it('does not hang up when the caller has something to say after all', async () => {
  const { session, clock, log } = await talk(
    call('end_call'),
    reply('Goodbye, and enjoy the coffee, at home, at work, and wherever else you are.'),
    reply('Yes?'),
  )
  session.respond()
  await clock.advance(1_500)
  session.audio.append(speech(800))
  await clock.advance(20_000)
  expect(log).toEqual(['end_call: done'])
})
