import { describe, expect, it } from 'vitest'
import { defineErrors, isErrorOf, isRealtimeError, type MessageTable, RealtimeError } from '../../src/errors.js'
import { isToolError, ToolError } from '../../src/features/tools/error.js'
import { docsUrl } from '../../src/internal/project-urls.js'
import { isSessionError, SessionError } from '../../src/session/error.js'

interface LampErrorData {
  BROKEN: { readonly watts: number }
  OFF: Record<never, never>
}

const messages: MessageTable<LampErrorData> = {
  BROKEN: ({ watts }) => `The lamp of ${watts} W is broken. Replace it.`,
  OFF: () => 'The lamp is off. Turn it on.',
}

const LampError = defineErrors<LampErrorData>('LampError', messages)

describe('an error class made by defineErrors', () => {
  const error = new LampError('BROKEN', { watts: 60 })

  it('has its name, code, and data, and extends RealtimeError', () => {
    expect(error).toMatchObject({ name: 'LampError', code: 'BROKEN', data: { watts: 60 } })
    expect(error.data.watts).toBe(60)
    expect(error).toBeInstanceOf(LampError)
    expect(error).toBeInstanceOf(RealtimeError)
    expect(error).toBeInstanceOf(Error)
  })

  it('has a message that ends in the URL of its code, and a short message without it', () => {
    expect(error.shortMessage).toBe('The lamp of 60 W is broken. Replace it.')
    expect(error.docs).toBe(`${docsUrl}/reference/errors/lamp#broken`)
    expect(error.message).toBe(`The lamp of 60 W is broken. Replace it. BROKEN: ${error.docs}`)
    expect(new URL(error.message.split(' ').at(-1) ?? '').hash).toBe('#broken')
  })

  it('keeps a cause, and has none when none is given', () => {
    const cause = new Error('dark')
    expect(new LampError('OFF', {}, { cause }).cause).toBe(cause)
    expect('cause' in error).toBe(false)
  })

  it('starts its stack at the caller', () => {
    expect(error.stack).toContain('errors.test.ts')
  })

  it('gives the same code of two classes two URLs', () => {
    const session = new SessionError('TIMEOUT', { waitingFor: 'response.created', timeoutMs: 10 })
    const tool = new ToolError('TIMEOUT', { tool: 'lamp', callId: 'call_1', timeoutMs: 10 })
    expect(session.docs).toBe(`${docsUrl}/reference/errors/session#timeout`)
    expect(tool.docs).toBe(`${docsUrl}/reference/errors/tool#timeout`)
  })
})

describe('guards', () => {
  const foreign = Object.assign(new Error('x'), { name: 'SessionError', code: 'TIMEOUT', data: {}, docs: '' })

  it('recognize an error of a second installed copy by its shape', () => {
    expect(isRealtimeError(foreign)).toBe(true)
    expect(isSessionError(foreign)).toBe(true)
    expect(isSessionError(foreign, 'TIMEOUT')).toBe(true)
    expect(isSessionError(foreign, 'CLOSED')).toBe(false)
    expect(isToolError(foreign)).toBe(false)
  })

  it.each([undefined, null, 'x', {}, new Error('x'), Object.assign(new Error('x'), { code: 'ENOENT' })])(
    'reject %o',
    (value) => {
      expect(isRealtimeError(value)).toBe(false)
      expect(isErrorOf(value, 'SessionError')).toBe(false)
    },
  )
})

describe('the message of SERVER_ERROR', () => {
  const messageOf = (error: { type: string; code?: string | null; param?: string | null }) =>
    new SessionError('SERVER_ERROR', { error: { ...error, message: 'secret words' }, eventType: 'session.update' })
      .shortMessage

  it('contains the code and the field of the server', () => {
    expect(messageOf({ type: 'invalid_request_error', code: 'invalid_value', param: 'session.audio.speed' })).toBe(
      'The server refused session.update with invalid_value at "session.audio.speed". Read error.data.error for the details.',
    )
  })

  it('leaves out free text, which can repeat the conversation', () => {
    expect(messageOf({ type: 'invalid_request_error', code: 'You said hello', param: 'hello there' })).toBe(
      'The server refused session.update with invalid_request_error. Read error.data.error for the details.',
    )
    expect(messageOf({ type: 'any text', code: null })).toBe(
      'The server refused session.update. Read error.data.error for the details.',
    )
  })
})
