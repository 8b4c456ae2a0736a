import { runInterruptionGuard, runTranscript, tool } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { callEvents, callOf, created, done, itemsIn, startDroppable } from './tools/harness.js'

const playing = { type: 'output_audio_buffer.started', response_id: 'r1' }
const speaking = (itemId: string) => ({
  type: 'input_audio_buffer.speech_started',
  item_id: itemId,
  audio_start_ms: 0,
})

// A joined session receives the events of the call also while it is restored.
describe('a joined session that loses its connection again while it is restored', () => {
  const tools = [
    tool({ name: 'echo', execute: () => 'heard' }),
    tool({ name: 'slow', execute: () => new Promise(() => {}), progress: { afterMs: 500, text: 'One moment.' } }),
  ]

  async function start() {
    const peer = await startDroppable(tools, {}, 'joined')
    const guard = runInterruptionGuard(peer.session, { minSpeechMs: 300 })
    await peer.acknowledgeAll()
    return { peer, guard, loseAgainAfter }

    async function loseAgainAfter(...events: Parameters<typeof peer.sendEvents>) {
      await peer.drop()
      peer.server.restore()
      await peer.sendEvents(...events)
      await peer.reconnect()
    }
  }

  it('sends the output of a call whose response has ended in between', async () => {
    const { peer, loseAgainAfter } = await start()
    await loseAgainAfter(...callEvents('echo', 'c1'))
    expect(itemsIn(peer.log)).toMatchObject([{ type: 'function_call_output', call_id: 'c1', output: 'heard' }])
  })

  it('reports that the assistant has stopped speaking', async () => {
    const { peer, loseAgainAfter } = await start()
    const transcript = runTranscript(peer.session)
    await loseAgainAfter(created('r1'), playing)
    expect(transcript.getState().speaking.assistant).toBe(false)
  })

  it('requests the progress message of a tool although the end of earlier audio was missed', async () => {
    const { peer, loseAgainAfter } = await start()
    await loseAgainAfter(created('r1'), playing)
    await peer.sendEvents(created('r2'), done('r2', [callOf('slow', 'c2')]))
    await peer.clock.advance(500)
    await peer.acknowledgeAll()
    expect(peer.log.filter(({ type }) => type === 'response.create')).toHaveLength(1)
  })

  it('does not interrupt the next response for a speech whose end was missed', async () => {
    const { peer, loseAgainAfter } = await start()
    await loseAgainAfter(speaking('u1'))
    await peer.clock.advance(1_000)
    await peer.sendEvents(created('r2'))
    await peer.acknowledgeAll()
    expect(peer.log.filter(({ type }) => type === 'response.cancel')).toEqual([])
  })

  it('takes a short speech for a turn although the end of earlier audio was missed', async () => {
    const { peer, guard, loseAgainAfter } = await start()
    const ignored: string[] = []
    guard.on('ignored', ({ itemId }) => ignored.push(itemId))
    await loseAgainAfter(created('r1'), playing)
    await peer.sendEvents(speaking('u2'))
    await peer.clock.advance(100)
    await peer.sendEvents(
      { type: 'input_audio_buffer.speech_stopped', item_id: 'u2', audio_end_ms: 100 },
      { type: 'input_audio_buffer.committed', previous_item_id: null, item_id: 'u2' },
    )
    expect(ignored).toEqual([])
  })
})
