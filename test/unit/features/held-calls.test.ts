import { createSession, holdBack, runGuardrails, runTools } from 'realtime-primitives'
import { createManualClock } from 'realtime-primitives/testing'
import { expect, it } from 'vitest'
import { droppable } from '../../support/droppable.js'
import { type Json, sessionResource } from '../../support/peer.js'
import { callOf, created, done, itemDone, itemsIn, settle, slow } from './tools/harness.js'

/** Tools behind held speech that nobody judges in time, and a server that takes everything. */
async function startHeld() {
  const server = droppable()
  const clock = createManualClock()
  const hold = holdBack()
  const session = createSession({ transport: server.transport, clock, stages: [hold] })
  const { tool, calls } = slow('slow')
  const sent: Json[] = []
  const errors: string[] = []
  const acknowledge = async () => {
    for (let turn = 0; turn < 5; turn++) {
      for (const event of (server.connections.at(-1) ?? []).splice(0)) {
        sent.push(event)
        const { tools } = (event.session ?? {}) as Json
        if (event.type === 'session.update')
          server.sendEvents({ type: 'session.updated', session: { ...sessionResource, tools } })
        if (event.type === 'conversation.item.create')
          server.sendEvents({ type: 'conversation.item.added', previous_item_id: null, item: event.item })
      }
      await settle()
    }
  }
  const connecting = session.connect()
  await settle()
  server.sendEvents({ type: 'session.created', session: sessionResource })
  await connecting
  const run = runTools(session, [tool])
  run.on('error', ({ code }) => errors.push(code))
  runGuardrails(session, [{ name: 'slow', check: () => new Promise(() => {}) }], { holdBack: hold })
  await acknowledge()
  const reconnect = async () => {
    sent.length = 0
    server.drop()
    await settle()
    server.restore()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await settle()
    await acknowledge()
  }
  const requests = () => sent.filter(({ type }) => type === 'response.create').length
  return { server, calls, sent, errors, acknowledge, reconnect, requests }
}

/** Speech whose words are being judged. */
function heldSpeech(response: string): Json[] {
  const place = { response_id: response, item_id: `item_${response}`, output_index: 0, content_index: 0 }
  return [
    { type: 'response.output_audio_transcript.delta', ...place, delta: 'Hello.' },
    { type: 'response.output_audio.delta', ...place, delta: 'AAAA' },
  ]
}

it('holdBack: a call released by a lost connection gets its output on the next one', async () => {
  const { server, sent, errors, reconnect, requests } = await startHeld()
  const call = callOf('unknown', 'c1')
  server.sendEvents(created('r1'), ...heldSpeech('r1'), itemDone('r1', 1, call), done('r1', [call]))
  await settle()
  await reconnect()
  expect(errors).toEqual(['UNKNOWN_TOOL'])
  expect(itemsIn(sent).map(({ type }) => type)).toEqual(['function_call', 'function_call_output'])
  expect(requests()).toBe(1)
})

it('holdBack: a response that waits behind held audio is requested on the next connection', async () => {
  const { server, calls, errors, acknowledge, reconnect, requests } = await startHeld()
  server.sendEvents(created('r1'), done('r1', [callOf('slow', 'c1')]))
  server.sendEvents(created('r2'), ...heldSpeech('r2'), done('r2', []))
  await settle()
  calls[0]?.resolve('found')
  await settle()
  await acknowledge()
  expect(requests()).toBe(0)
  await reconnect()
  expect(errors).toEqual([])
  expect(requests()).toBe(1)
})
