import { describe, expect, it, vi } from 'vitest'
import { createEmitter, reportToHost } from '../../../src/internal/emitter.js'

describe('createEmitter', () => {
  it('calls listeners in the order of their registration', () => {
    const emitter = createEmitter<{ tick: number }>()
    const calls: string[] = []
    emitter.on('tick', (value) => calls.push(`a${value}`))
    emitter.on('tick', (value) => calls.push(`b${value}`))
    emitter.emit('tick', 1)
    expect(calls).toEqual(['a1', 'b1'])
  })

  it('treats the same function registered twice as two registrations', () => {
    const emitter = createEmitter<{ tick: number }>()
    const listener = vi.fn()
    const undo = emitter.on('tick', listener)
    emitter.on('tick', listener)
    undo()
    undo()
    emitter.emit('tick', 1)
    expect(listener).toHaveBeenCalledTimes(1)
  })

  it('calls every listener that was registered when the event was emitted', () => {
    const emitter = createEmitter<{ tick: number }>()
    const second = vi.fn()
    let undoSecond = () => {}
    emitter.on('tick', () => undoSecond())
    undoSecond = emitter.on('tick', second)
    emitter.emit('tick', 1)
    emitter.emit('tick', 2)
    expect(second).toHaveBeenCalledTimes(1)
  })

  it('calls no listener after all were removed while an event is emitted', () => {
    const emitter = createEmitter<{ tick: number }>()
    const second = vi.fn()
    emitter.on('tick', () => emitter.clear())
    emitter.on('tick', second)
    emitter.emit('tick', 1)
    expect(second).not.toHaveBeenCalled()
    emitter.on('tick', second)
    emitter.emit('tick', 2)
    expect(second).toHaveBeenCalledTimes(1)
  })

  it('accepts event names such as `constructor`', () => {
    const emitter = createEmitter<Record<string, number>>()
    const listener = vi.fn()
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      emitter.emit(name, 0)
      emitter.on(name, listener)
      emitter.emit(name, 1)
    }
    expect(listener.mock.calls).toEqual([[1], [1], [1], [1]])
  })

  it('reports an exception of a listener to the host, and calls the next', () => {
    const reported: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
    const emitter = createEmitter<{ tick: number }>()
    const second = vi.fn()
    emitter.on('tick', () => {
      throw undefined
    })
    emitter.on('tick', second)
    emitter.emit('tick', 1)
    vi.unstubAllGlobals()
    expect(reported).toEqual([undefined])
    expect(second).toHaveBeenCalledOnce()
  })

  it('counts and drops listeners', () => {
    const emitter = createEmitter<{ tick: number }>()
    emitter.on('tick', () => {})
    expect(emitter.listenerCount('tick')).toBe(1)
    emitter.clear()
    expect(emitter.listenerCount('tick')).toBe(0)
  })
})

describe('reportToHost', () => {
  it('rethrows in a microtask where the runtime has no reportError', () => {
    vi.stubGlobal('reportError', undefined)
    const queued: (() => void)[] = []
    vi.stubGlobal('queueMicrotask', (callback: () => void) => queued.push(callback))
    reportToHost(new Error('from a listener'))
    vi.unstubAllGlobals()
    expect(queued[0]).toThrow('from a listener')
  })
})
