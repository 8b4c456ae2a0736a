import { afterEach, describe, expect, it, vi } from 'vitest'
import { abortReason, abortWith, throwIfAborted } from '../../../src/internal/abort.js'

/** A controller as React Native has it: no reason, no throwIfAborted. */
function poorController() {
  const signal = { aborted: false }
  return { signal, abort: () => Object.assign(signal, { aborted: true }) } as unknown as AbortController
}

afterEach(() => vi.unstubAllGlobals())

const controllers = {
  'the AbortController of the runtime': () => new AbortController(),
  'one without a reason': poorController,
}

describe.each(Object.entries(controllers))('abort with %s', (_name, create) => {
  it('abortWith: keeps the first reason', () => {
    const controller = create()
    const reason = new Error('first')
    abortWith(controller, reason)
    abortWith(controller, new Error('second'))
    expect(abortReason(controller.signal)).toBe(reason)
    expect(() => throwIfAborted(controller.signal)).toThrow(reason)
  })

  it('abortReason: returns an AbortError when no reason was given', () => {
    const controller = create()
    expect(() => throwIfAborted(controller.signal)).not.toThrow()
    controller.abort()
    expect(abortReason(controller.signal)).toMatchObject({ name: 'AbortError' })
    vi.stubGlobal('DOMException', undefined)
    expect(abortReason(poorController().signal)).toMatchObject({ name: 'AbortError' })
  })
})

it('accepts no controller and no signal', () => {
  expect(() => abortWith(undefined, new Error())).not.toThrow()
  expect(() => throwIfAborted(undefined)).not.toThrow()
})
