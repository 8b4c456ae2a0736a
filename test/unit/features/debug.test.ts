import {
  createSession,
  createTranscriptionSession,
  createTranslationSession,
  type DebugEntry,
  logging,
  memoryPair,
  runDebug,
} from 'realtime-primitives'
import { createManualClock } from 'realtime-primitives/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { droppable } from '../../support/droppable.js'
import { createPeer, sessionResource, settle } from '../../support/peer.js'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const secretAudio = Buffer.from('the voice of the user'.repeat(20)).toString('base64')
const spoken = [
  {
    type: 'conversation.item.input_audio_transcription.completed',
    item_id: 'item_1',
    content_index: 0,
    transcript: 'my pin is 1234',
    usage: { type: 'duration', seconds: 1 },
  },
  {
    type: 'response.created',
    response: { id: 'resp_1', status: 'in_progress', output: [], conversation_id: 'conv_1' },
  },
  {
    type: 'response.output_audio.delta',
    response_id: 'resp_1',
    item_id: 'item_2',
    output_index: 0,
    content_index: 0,
    delta: secretAudio,
  },
  {
    type: 'response.function_call_arguments.done',
    response_id: 'resp_1',
    item_id: 'item_3',
    output_index: 0,
    call_id: 'call_1',
    name: 'pay',
    arguments: '{"pin":"1234"}',
  },
]
const secrets = /1234|my pin|sk-secret|aGUgdm9pY2/

async function entriesOf(options: Parameters<typeof runDebug>[1] = {}): Promise<DebugEntry[]> {
  const entries: DebugEntry[] = []
  const peer = createPeer()
  runDebug(peer.session, { log: (entry) => entries.push(entry), clock: peer.clock, ...options })
  await peer.connect()
  await peer.sendEvents(...spoken)
  await peer.session.close()
  return entries
}

describe('runDebug', () => {
  it('logs events by area', async () => {
    const entries = await entriesOf()
    expect(entries.map(({ area, message }) => `${area}: ${message}`)).toEqual([
      'session: status idle -> connecting',
      'session: received session.created',
      'session: status connecting -> open',
      'conversation: received conversation.item.input_audio_transcription.completed',
      'response: received response.created',
      'audio: received response.output_audio.delta',
      'tools: received response.function_call_arguments.done',
      'session: status open -> closing',
      'session: status closing -> closed',
      'session: closed',
    ])
    expect(entries[0]?.namespace).toBe('realtime-primitives:session')
  })

  it('logs no transcript, no audio, and no credential', async () => {
    const text = JSON.stringify(await entriesOf())
    expect(text).not.toMatch(secrets)
    expect(text).toContain('[14 chars]')
    expect(text).toContain('bytes of audio')
  })

  it('logs transcripts when text is keep, and still no audio', async () => {
    const text = JSON.stringify(await entriesOf({ text: 'keep' }))
    expect(text).toContain('my pin is 1234')
    expect(text).not.toMatch(/aGUgdm9pY2/)
  })

  it.each([
    ['realtime-primitives:*', ['session', 'conversation', 'response', 'audio', 'tools']],
    ['*', ['session', 'conversation', 'response', 'audio', 'tools']],
    ['realtime-primitives:*,-realtime-primitives:audio', ['session', 'conversation', 'response', 'tools']],
    ['other realtime-primitives:tools', ['tools']],
    ['realtime-primitives', []],
    ['realtime-primitives:t*', ['tools']],
    ['-realtime-primitives:tools', []],
    ['realtime.primitives:*', []],
  ])('enables the areas of namespaces %s', async (namespaces, areas) => {
    const entries = await entriesOf({ namespaces })
    expect([...new Set(entries.map(({ area }) => area))]).toEqual(areas)
  })

  it('prints to stderr what DEBUG enables', async () => {
    vi.stubEnv('DEBUG', 'realtime-primitives:session')
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    const peer = createPeer()
    runDebug(peer.session, { clock: peer.clock })
    const connecting = peer.connect()
    await connecting
    expect(print.mock.calls.map(([line]) => line)).toEqual([
      'realtime-primitives:session status idle -> connecting +0ms',
      expect.stringMatching(/^realtime-primitives:session received session\.created \{.*\} \+0ms$/),
      'realtime-primitives:session status connecting -> open +0ms',
    ])
  })

  it('prints to the console of a page what localStorage.debug enables', async () => {
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => (key === 'debug' ? 'realtime-primitives:session' : null),
    })
    const print = vi.spyOn(console, 'debug').mockImplementation(() => {})
    vi.stubGlobal('document', {})
    const peer = createPeer()
    runDebug(peer.session)
    await peer.connect()
    expect(print).toHaveBeenCalledWith('realtime-primitives:session status idle -> connecting', '', '+0ms')
  })

  it('subscribes to nothing when no namespace is enabled, also where reading localStorage throws', () => {
    vi.stubEnv('DEBUG', undefined)
    vi.stubGlobal('document', {})
    vi.stubGlobal('localStorage', {
      getItem() {
        throw new Error('forbidden')
      },
    })
    const on = vi.fn(() => () => {})
    runDebug({ on })
    expect(on).not.toHaveBeenCalled()
  })

  it('stops when it is disposed', async () => {
    const peer = createPeer()
    const log = vi.fn()
    runDebug(peer.session, { log })[Symbol.dispose]()
    await peer.connect()
    expect(log).not.toHaveBeenCalled()
  })

  it.each([
    ['transcription', createTranscriptionSession],
    ['translation', createTranslationSession],
  ] as const)('logs a %s session', async (type, create) => {
    const [near, far] = memoryPair()
    const session = create({ transport: near, clock: createManualClock() })
    const messages: string[] = []
    runDebug(session, { log: ({ message }) => messages.push(message) })
    far.open().catch(() => {})
    const connecting = session.connect()
    await settle()
    far.send(JSON.stringify({ type: 'session.created', event_id: 'event_1', session: { ...sessionResource, type } }))
    await connecting
    expect(messages).toContain('received session.created')
    await session.close()
  })
})

describe('logging', () => {
  it('logs connections and redacted frames in both directions', async () => {
    const server = droppable()
    const clock = createManualClock()
    const entries: DebugEntry[] = []
    const transport = logging(server.transport, { log: (entry) => entries.push(entry), clock })
    const session = createSession({ transport, clock })
    const connecting = session.connect()
    await settle()
    server.sendEvents({
      type: 'session.created',
      session: { ...sessionResource, instructions: 'my pin is 1234, key sk-secret' },
    })
    await connecting
    session.sendMessage('my pin is 1234')
    session.audio.append(Buffer.from('the voice of the user'))
    server.drop()
    await session.close(1000, 'done')
    expect(entries.map(({ message }) => message)).toEqual([
      'opening',
      'open',
      'received session.created',
      'sent conversation.item.create',
      'sent response.create',
      'sent input_audio_buffer.append',
      'attempt 1 in 0 ms',
      'closed',
    ])
    expect(JSON.stringify(entries)).not.toMatch(secrets)
    expect(entries.at(-1)?.data).toEqual({ type: 'close', code: 1000, reason: 'done', wasClean: true })
  })

  it('logs the code of an error that open() throws, and no message', async () => {
    const entries: DebugEntry[] = []
    const { transport } = droppable()
    const failing = { ...transport, open: () => Promise.reject(new Error('key sk-secret was refused')) }
    await expect(logging(failing, { log: (entry) => entries.push(entry) }).open()).rejects.toThrow('sk-secret')
    expect(entries.at(-1)).toMatchObject({ message: 'failed to open', data: { name: 'Error' } })
    expect(JSON.stringify(entries)).not.toMatch(secrets)
  })

  it('sends the frame when the logger throws, and reports the error to the host', async () => {
    const report = vi.fn()
    vi.stubGlobal('reportError', report)
    const server = droppable()
    const transport = logging(server.transport, {
      log() {
        throw new Error('the disk is full')
      },
    })
    await transport.open()
    transport.send('{"type":"response.create"}')
    expect(server.connections).toEqual([[{ type: 'response.create' }]])
    expect(report).toHaveBeenCalled()
  })

  it('returns the transport itself when its namespace is not enabled', () => {
    const { transport } = droppable()
    expect(logging(transport, { namespaces: 'realtime-primitives:session' })).toBe(transport)
  })
})
