import { afterEach, describe, expect, it, vi } from 'vitest'
import { resolveApiKey } from '../../../src/transports/credentials.js'

const remote = new URL('wss://api.openai.com/v1/realtime?model=m')

afterEach(() => {
  vi.unstubAllGlobals()
})

function inBrowser(): void {
  vi.stubGlobal('window', { document: {} })
}

describe('resolveApiKey', () => {
  it('accepts a string, and a function that returns a string or a promise', async () => {
    expect(await resolveApiKey({ apiKey: 'sk-1' }, remote)).toBe('sk-1')
    expect(await resolveApiKey({ apiKey: () => 'sk-2' }, remote)).toBe('sk-2')
    expect(await resolveApiKey({ apiKey: async () => 'sk-3' }, remote)).toBe('sk-3')
  })

  it('returns undefined without a key for other servers', async () => {
    expect(await resolveApiKey({}, new URL('wss://example.com/'))).toBeUndefined()
    await expect(resolveApiKey({}, remote)).rejects.toThrow(
      'The option "apiKey" is missing; pass a client secret, or a standard key on a server.',
    )
  })

  it.each(['', ' ', '\n'])('names the variable to check for the key %j', async (apiKey) => {
    await expect(resolveApiKey({ apiKey: () => apiKey }, remote)).rejects.toThrow(
      'The option "apiKey" is empty; check that the variable it is read from is set.',
    )
  })

  it.each([undefined, null])('names the variable to check when the key function returns %j', async (apiKey) => {
    await expect(resolveApiKey({ apiKey: () => apiKey as unknown as string }, remote)).rejects.toThrow(
      'The option "apiKey" is missing, because its function returned none; check that the variable it is read from is set.',
    )
  })

  it.each(['sk-1\n', 'sk 1', 'sk-\u0000', 'schlüssel', 7])(
    'rejects the key %j without repeating it',
    async (apiKey) => {
      const refused = resolveApiKey({ apiKey: apiKey as string }, remote)
      await expect(refused).rejects.toThrow(
        'The option "apiKey" must be a string of printable ASCII characters without spaces; check for a stray line break.',
      )
    },
  )

  it('rejects a ws: URL of another machine without calling the key function', async () => {
    const apiKey = vi.fn(() => 'sk-1')
    await expect(resolveApiKey({ apiKey }, new URL('ws://example.com/'))).rejects.toThrow(
      'The option "apiKey" would be sent over the network in clear text; use a "wss:" URL.',
    )
    expect(apiKey).not.toHaveBeenCalled()
    expect(await resolveApiKey({ apiKey }, new URL('ws://127.0.0.1:1/'))).toBe('sk-1')
  })

  it('throws KEY_EXPOSED for a standard key in a browser, given or fetched', async () => {
    inBrowser()
    for (const apiKey of ['sk-1', () => 'sk-1'])
      await expect(resolveApiKey({ apiKey }, remote)).rejects.toMatchObject({
        code: 'KEY_EXPOSED',
        data: { runtime: 'browser' },
      })
  })

  it('accepts a client secret, and allowStandardKeyInBrowser, in a browser', async () => {
    inBrowser()
    expect(await resolveApiKey({ apiKey: 'ek_1' }, remote)).toBe('ek_1')
    expect(await resolveApiKey({ apiKey: 'sk-1', allowStandardKeyInBrowser: true }, remote)).toBe('sk-1')
  })

  it('keyKind: lets a client secret of a gateway through in a browser, and refuses a standard key with any prefix', async () => {
    inBrowser()
    expect(await resolveApiKey({ apiKey: 'gw-token', keyKind: 'client-secret' }, remote)).toBe('gw-token')
    await expect(resolveApiKey({ apiKey: 'ek_1', keyKind: 'standard' }, remote)).rejects.toMatchObject({
      code: 'KEY_EXPOSED',
    })
  })

  it('distinguishes a browser worker from a server', async () => {
    vi.stubGlobal('WorkerGlobalScope', class {})
    vi.stubGlobal('importScripts', () => {})
    expect(await resolveApiKey({ apiKey: 'sk-1' }, remote)).toBe('sk-1')
    vi.stubGlobal('process', undefined)
    // The name must be absent and not only undefined, as it is in a browser.
    const holder = globalThis as { process?: unknown }
    delete holder.process
    await expect(resolveApiKey({ apiKey: 'sk-1' }, remote)).rejects.toMatchObject({
      data: { runtime: 'browser worker' },
    })
    vi.stubGlobal('WebSocketPair', class {})
    expect(await resolveApiKey({ apiKey: 'sk-1' }, remote)).toBe('sk-1')
  })
})
