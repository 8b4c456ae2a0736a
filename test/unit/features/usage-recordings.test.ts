import { type LatencyTurn, runLatency, runTranscript, runUsage, selectLines } from 'realtime-primitives'
import { expect, test } from 'vitest'
import { createPeer, type Json } from '../../support/peer.js'
import { jsonLines, withShared } from '../../support/shared.js'

interface Recorded {
  readonly side: string
  readonly source: string
  readonly event: Json
}

interface Billed {
  readonly id: string
  readonly usage?: { readonly total_tokens: number } | null
}

withShared('recordings/ga-azure.jsonl', (file) => {
  const sessions = new Map<string, Json[]>()
  for (const { side, source, event } of jsonLines<Recorded>(file))
    if (side === 'server') sessions.set(source, [...(sessions.get(source) ?? []), event])

  test('recorded sessions exist', () => {
    expect(sessions.size).toBeGreaterThan(1)
  })

  test.each([...sessions])(
    'runUsage, runTranscript, and runLatency process the recorded session %s',
    async (_source, events) => {
      const peer = createPeer()
      await peer.connect()
      const turns: LatencyTurn[] = []
      const usage = runUsage(peer.session)
      const transcript = runTranscript(peer.session)
      runLatency(peer.session, { onTurn: (turn) => void turns.push(turn) })
      for (const event of events) await peer.sendEvents(event)

      const of = (type: string) => events.filter((event) => event.type === type)
      const ended = of('response.done').map(({ response }) => response as Billed)
      const { total } = usage.getState()
      expect(total.responses).toBe(new Set(ended.map(({ id }) => id)).size)
      expect(total.input.total + total.output.total).toBe(
        ended.reduce((sum, { usage: bill }) => sum + (bill?.total_tokens ?? 0), 0),
      )
      expect(total.input.other + total.output.other).toBe(0)

      const lines = selectLines(transcript.getState())
      for (const { item_id, transcript: said } of of('conversation.item.input_audio_transcription.completed'))
        expect(lines.find(({ id }) => id === item_id)).toMatchObject({ speaker: 'user', text: said, status: 'final' })
      for (const { item_id, transcript: said } of of('response.output_audio_transcript.done'))
        expect(lines.find(({ id }) => id === item_id)?.text ?? said).toBe(said)

      await peer.session.close()
      expect(turns.flatMap(({ responses }) => responses.map(({ id }) => id)).sort()).toEqual(
        [...new Set(of('response.created').map(({ response }) => (response as Billed).id))].sort(),
      )
      expect(peer.clock.pending).toBe(0)
    },
  )
})
