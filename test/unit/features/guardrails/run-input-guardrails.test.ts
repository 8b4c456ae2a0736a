import {
  type Guardrail,
  type GuardrailTripped,
  type InputGuardrailOptions,
  runInputGuardrails,
  type SessionConfigInput,
} from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createPeer, type Json, type Peer, sessionResource, settle } from '../../../support/peer.js'

const blocksBad: Guardrail<{ at: number }> = {
  name: 'bad',
  check: ({ text }) =>
    text.includes('bad') ? { tripped: true, info: { at: text.indexOf('bad') } } : { tripped: false },
}

const vad = {
  type: 'server_vad',
  threshold: 0.4,
  idle_timeout_ms: null,
  prefix_padding_ms: 200,
  create_response: true,
  interrupt_response: true,
}

const resource = (turn_detection: unknown, transcription: unknown = { model: 'gpt-transcribe' }) => ({
  ...sessionResource,
  audio: { input: { transcription, turn_detection } },
})

const committed = (item_id: string): Json => ({
  type: 'input_audio_buffer.committed',
  item_id,
  previous_item_id: null,
})
const transcribed = (item_id: string, transcript: string): Json => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id,
  content_index: 0,
  transcript,
})
const created = (id: string, request: Json | undefined, conversation_id: string | null = 'conv_1'): Json => {
  const { metadata } = (request?.response ?? {}) as Json
  const fields = { object: 'realtime.response', status: 'in_progress', output: [], conversation_id, metadata }
  return { type: 'response.created', response: { id, ...fields } }
}
const done = (id: string, status: string): Json => ({
  type: 'response.done',
  response: { id, object: 'realtime.response', status, output: [], conversation_id: 'conv_1' },
})
const speech = (type: 'started' | 'stopped', item_id: string): Json => ({
  type: `input_audio_buffer.speech_${type}`,
  item_id,
  [type === 'started' ? 'audio_start_ms' : 'audio_end_ms']: 0,
})

/** Plays the server that agrees to every update. */
async function agree(peer: Peer, after: number): Promise<void> {
  const updates = () => peer.sentEvents.filter(({ type }) => type === 'session.update')
  for (let turn = 0; turn < 50 && updates().length <= after; turn++) await settle()
  const config = updates().at(-1)?.session as SessionConfigInput
  await peer.sendEvents({ type: 'session.updated', session: resource(config.audio?.input?.turn_detection) })
}

async function setUp(
  options: InputGuardrailOptions<{ at: number }> = {},
  { detection = vad, guardrail = blocksBad }: { detection?: unknown; guardrail?: Guardrail<{ at: number }> } = {},
) {
  const peer = createPeer()
  await peer.connect()
  await peer.sendEvents({ type: 'session.updated', session: resource(detection) })
  const tripped: GuardrailTripped<{ at: number }>[] = []
  const starting = runInputGuardrails(peer.session, [guardrail], {
    onTripped: (event) => tripped.push(event),
    ...options,
  })
  if (detection === vad) await agree(peer, 0)
  const { stop } = await starting
  const sent = (type: string) => peer.sentEvents.filter((event) => event.type === type)
  return { ...peer, peer, stop, tripped, sent }
}

describe('runInputGuardrails', () => {
  it('disables automatic responses of the server, and restores them on stop', async () => {
    const { peer, stop, sent, sendEvents } = await setUp()
    const without = { type: 'server_vad', threshold: 0.4, prefix_padding_ms: 200, interrupt_response: true }
    expect(sent('session.update').map(({ session }) => session)).toEqual([
      { type: 'realtime', audio: { input: { turn_detection: { ...without, create_response: false } } } },
    ])
    const stopping = stop()
    await agree(peer, 1)
    await stopping
    await stop()
    expect(sent('session.update').map(({ session }) => session)[1]).toEqual({
      type: 'realtime',
      audio: { input: { turn_detection: { ...without, create_response: true } } },
    })
    await sendEvents(committed('a'), transcribed('a', 'fine'))
    expect(sent('response.create')).toEqual([])
  })

  it.each([
    ['answers no turns', { ...vad, create_response: false }],
    ['finds no turns', null],
  ])('sends no update to a server that %s', async (_name, detection) => {
    const { sent, stop, sendEvents } = await setUp({}, { detection })
    await sendEvents(committed('a'), transcribed('a', 'fine'))
    expect(sent('response.create')).toHaveLength(1)
    await stop()
    expect(sent('session.update')).toEqual([])
  })

  it('requests a response after the transcript has passed', async () => {
    const { sendEvents, sent, tripped, clock } = await setUp()
    await sendEvents(committed('a'))
    expect(sent('response.create')).toEqual([])
    await sendEvents(transcribed('a', 'all is well'))
    expect(sent('response.create')).toHaveLength(1)
    expect(tripped).toEqual([])
    // What is left is the deadline of the response itself.
    expect(clock.pending).toBe(1)
  })

  it('deletes a blocked turn and requests no response', async () => {
    const { sendEvents, sent, tripped } = await setUp()
    await sendEvents(committed('a'), transcribed('a', 'so bad'))
    expect(sent('conversation.item.delete')).toMatchObject([{ item_id: 'a' }])
    expect(sent('response.create')).toEqual([])
    expect(tripped).toMatchObject([
      { info: { at: 3 }, text: 'so bad', source: 'caller', responseId: undefined, itemId: 'a' },
    ])
    expect(tripped[0]?.error.shortMessage).toBe(
      'The guardrail "bad" tripped (item a). Read the text in the event that contains this error.',
    )
  })

  it('deletes a blocked turn before it requests an explanation', async () => {
    const { sendEvents, sentEvents } = await setUp({ action: { explain: 'Say that you did not hear that.' } })
    await sendEvents(committed('a'), transcribed('a', 'so bad'))
    expect(sentEvents.slice(-2)).toMatchObject([
      { type: 'conversation.item.delete', item_id: 'a' },
      { type: 'response.create', response: { instructions: 'Say that you did not hear that.' } },
    ])
  })

  it('requests no explanation while the user speaks, and one for consecutive blocked turns', async () => {
    const { sendEvents, sent } = await setUp({ action: { explain: ({ text }) => ({ instructions: `Not ${text}.` }) } })
    await sendEvents(committed('a'), speech('started', 'b'), transcribed('a', 'bad'))
    expect(sent('conversation.item.delete')).toMatchObject([{ item_id: 'a' }])
    await sendEvents(speech('stopped', 'b'), committed('b'))
    expect(sent('response.create')).toEqual([])
    await sendEvents(transcribed('b', 'so bad'))
    expect(sent('response.create')).toMatchObject([{ response: { instructions: 'Not so bad.' } }])
  })

  it('requests an explanation when the speech after a blocked turn was cleared', async () => {
    const { sendEvents, sent } = await setUp({ action: { explain: 'Ask again.' } })
    await sendEvents(committed('a'), speech('started', 'b'), transcribed('a', 'bad'))
    await sendEvents({ type: 'input_audio_buffer.cleared' })
    expect(sent('response.create')).toMatchObject([{ response: { instructions: 'Ask again.' } }])
  })

  it('calls onTripped after the explanation was requested', async () => {
    const order: string[] = []
    const { session, sendEvents } = await setUp({
      action: { explain: 'Ask again.' },
      onTripped: () => order.push('tripped'),
    })
    session.on('requested', () => order.push('requested'))
    await sendEvents(committed('a'), transcribed('a', 'bad'))
    expect(order).toEqual(['requested', 'tripped'])
  })

  it.each([
    ['passes', 'all is well', []],
    ['trips', 'so bad', [{ item_id: 'a' }]],
  ])(
    'interrupts a response of another feature to a turn without a verdict, and responds when the turn %s',
    async (_how, text, deleted) => {
      const { sendEvents, sent, peer } = await setUp()
      await sendEvents(speech('stopped', 'a'), committed('a'))
      peer.session.respond()
      await sendEvents(created('r1', peer.sentEvents.at(-1)))
      expect(sent('response.cancel')).toMatchObject([{ response_id: 'r1' }])
      await sendEvents(transcribed('a', text))
      expect(sent('response.create')).toHaveLength(1)
      await sendEvents(done('r1', 'cancelled'))
      expect(sent('conversation.item.delete')).toMatchObject(deleted)
      expect(sent('response.create')).toHaveLength(2)
      await sendEvents(created('r2', peer.sentEvents.at(-1)), done('r2', 'completed'))
      expect(sent('response.cancel')).toHaveLength(1)
    },
  )

  it('requests no response to a turn that was deleted before its verdict', async () => {
    const { sendEvents, sent, clock } = await setUp()
    await sendEvents(committed('a'), { type: 'conversation.item.deleted', item_id: 'a' }, transcribed('a', 'fine'))
    expect(sent('response.create')).toEqual([])
    expect(clock.pending).toBe(0)
    await sendEvents(committed('b'), speech('started', 'c'), transcribed('b', 'fine'), speech('stopped', 'c'))
    await sendEvents(committed('c'), { type: 'conversation.item.deleted', item_id: 'c' })
    expect(sent('response.create')).toHaveLength(1)
  })

  it('requests a response again that was not created when the user continued', async () => {
    const { sendEvents, sent, peer } = await setUp()
    await sendEvents(committed('a'), transcribed('a', 'one thing'))
    await sendEvents(speech('started', 'b'))
    const request = peer.sentEvents.findLast(({ type }) => type === 'response.create')
    await sendEvents(created('r1', request), done('r1', 'cancelled'))
    expect(sent('response.cancel')).toHaveLength(1)
    await sendEvents(speech('stopped', 'b'), committed('b'), transcribed('b', 'so bad'))
    expect(sent('response.create')).toHaveLength(2)
  })

  it('requests an explanation again that was created after another turn', async () => {
    const { sendEvents, sent, peer } = await setUp({ action: { explain: 'Ask again.' } })
    await sendEvents(committed('a'), transcribed('a', 'bad'))
    await sendEvents(committed('b'), created('r1', peer.sentEvents.at(-1)))
    expect(sent('response.cancel')).toMatchObject([{ response_id: 'r1' }])
    await sendEvents(done('r1', 'cancelled'), transcribed('b', 'fine'))
    await sendEvents(created('r2', peer.sentEvents.at(-1)), done('r2', 'completed'))
    const requested = sent('response.create').map(({ response }) => (response as Json).instructions)
    expect(requested).toEqual(['Ask again.', 'Ask again.', undefined])
  })

  it("requests a response with the action 'report'", async () => {
    const { sendEvents, sent, tripped } = await setUp({ action: 'report' })
    await sendEvents(committed('a'), transcribed('a', 'so bad'))
    expect(tripped).toHaveLength(1)
    expect(sent('response.create')).toHaveLength(1)
    expect(sent('conversation.item.delete')).toEqual([])
  })

  it('requests one response for consecutive turns', async () => {
    const { sendEvents, sent } = await setUp()
    await sendEvents(committed('a'), speech('started', 'b'), transcribed('a', 'one thing'))
    expect(sent('response.create')).toEqual([])
    await sendEvents(speech('stopped', 'b'), committed('b'))
    expect(sent('response.create')).toEqual([])
    await sendEvents(transcribed('b', 'so bad'))
    expect(sent('conversation.item.delete')).toMatchObject([{ item_id: 'b' }])
    expect(sent('response.create')).toHaveLength(1)
  })

  it('requests a response to a turn when a later one was cleared', async () => {
    const { sendEvents, sent } = await setUp()
    await sendEvents(committed('a'), speech('started', 'b'), transcribed('a', 'one thing'))
    await sendEvents({ type: 'input_audio_buffer.cleared' })
    expect(sent('response.create')).toHaveLength(1)
  })

  it.each(['failed', 'late'])('follows the policy for a turn whose transcript is %s', async (how) => {
    const failed = { code: null, message: 'no', param: null, type: 'server_error' }
    const miss = async ({ sendEvents, clock }: Peer) => {
      await sendEvents(committed('a'))
      if (how === 'late') await clock.advance(5_000)
      else
        await sendEvents({
          type: 'conversation.item.input_audio_transcription.failed',
          item_id: 'a',
          content_index: 0,
          error: failed,
        })
    }
    const closed = await setUp()
    await miss(closed.peer)
    expect(closed.tripped).toMatchObject([{ reason: 'no words', text: '' }])
    expect(closed.sent('response.create')).toEqual([])
    await closed.sendEvents(transcribed('a', 'fine after all'))
    expect(closed.sent('response.create')).toEqual([])

    const failures: unknown[] = []
    const open = await setUp(
      { onFailed: (event) => failures.push(event) },
      { guardrail: { ...blocksBad, onFailure: 'open' } },
    )
    await miss(open.peer)
    expect(failures).toMatchObject([{ reason: 'no words', itemId: 'a' }])
    expect(open.sent('response.create')).toHaveLength(1)
  })

  it('continues when a guardrail never resolves', async () => {
    const { sendEvents, clock, tripped } = await setUp(
      {},
      { guardrail: { name: 'stuck', deadlineMs: 300, check: () => new Promise(() => {}) } },
    )
    await sendEvents(committed('a'), transcribed('a', 'fine'))
    await clock.advance(300)
    expect(tripped).toMatchObject([{ reason: 'deadline' }])
  })

  it('requests no response where the server responds automatically', async () => {
    const { sendEvents, sent } = await setUp()
    await sendEvents({ type: 'session.updated', session: resource(vad) }, committed('a'), transcribed('a', 'fine'))
    expect(sent('response.create')).toEqual([])
  })

  it('leaves no timer when the session ends', async () => {
    const { sendEvents, clock, session, stop } = await setUp()
    await sendEvents(committed('a'))
    expect(clock.pending).toBe(1)
    await session.close()
    expect(clock.pending).toBe(0)
    await stop()
  })

  it('rejects a session without transcription or without a connection', async () => {
    const peer = createPeer()
    await expect(runInputGuardrails(peer.session, [])).rejects.toThrow(
      'The session is idle. Await session.connect() first.',
    )
    await expect(runInputGuardrails(peer.session, [], { transcriptDeadlineMs: 0 })).rejects.toThrow(
      'The option "transcriptDeadlineMs" must be more than 0 and finite.',
    )
    await peer.connect()
    await peer.sendEvents({ type: 'session.updated', session: resource(vad, null) })
    await expect(runInputGuardrails(peer.session, [])).rejects.toThrow(
      'The session does not transcribe the user, so there is no text to check. Set audio.input.transcription first.',
    )
  })

  it('removes its listeners when the server rejects the update', async () => {
    const peer = createPeer()
    await peer.connect()
    await peer.sendEvents({ type: 'session.updated', session: resource(vad) })
    const starting = runInputGuardrails(peer.session, [blocksBad])
    starting.catch(() => {})
    const { event_id } = await peer.expectSent('session.update')
    const error = { type: 'invalid_request_error', code: 'invalid_value', message: 'no', param: null, event_id }
    await peer.sendEvents({ type: 'error', error })
    await expect(starting).rejects.toMatchObject({ code: 'SERVER_ERROR' })
    await peer.sendEvents(committed('a'), transcribed('a', 'so bad'))
    expect(peer.sentEvents.filter(({ type }) => type !== 'session.update')).toEqual([])
    expect(peer.clock.pending).toBe(0)
  })
})
