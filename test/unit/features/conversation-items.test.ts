import { expect, it } from 'vitest'
import { onMcpCall } from '../../../src/features/conversation-items.js'
import { createPeer, sessionResource } from '../../support/peer.js'

it('onMcpCall: follows a bounded number of calls whose end was missed', async () => {
  const peer = createPeer()
  await peer.connect()
  const ended: string[] = []
  onMcpCall(peer.session, { onStarted() {}, onEnded: ({ itemId }, outcome) => ended.push(`${itemId} ${outcome}`) })
  const started = Array.from({ length: 1_000 }, (_, index) => ({
    type: 'response.mcp_call.in_progress',
    item_id: `mcp_${index}`,
    output_index: 0,
  }))
  await peer.sendEvents(...started)
  await peer.sendEvents({ type: 'session.created', session: sessionResource })
  expect(ended).toHaveLength(256)
  expect(ended.at(-1)).toBe('mcp_999 lost')
})
