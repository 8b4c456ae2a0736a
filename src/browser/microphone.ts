import { silentLevel } from '../audio/level.js'
import { systemClock } from '../internal/clock.js'
import { createDeferred } from '../internal/deferred.js'
import { createEmitter } from '../internal/emitter.js'
import { createTrackSilencer } from '../internal/track-silencer.js'
import { type CaptureGraph, openCaptureGraph } from './capture-graph.js'
import { openMicrophone } from './devices.js'
import { DeviceError, isDeviceError } from './error.js'
import type {
  Microphone,
  MicrophoneEvents,
  MicrophoneOptions,
  MicrophoneSnapshot,
  MicrophoneState,
} from './microphone-contract.js'
import { createFramer } from './microphone-frames.js'
import { createStore } from './store.js'

const defaultConstraints: MediaTrackConstraints = {
  channelCount: 1,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
}

/**
 * Creates a microphone. It opens nothing before `start`, so it can be created on a server that renders the page.
 *
 * @example
 * ```ts
 * const microphone = createMicrophone()
 * const stop = captureInto(session, microphone)
 * await microphone.start()
 * ```
 * @throws {DeviceError} `INVALID_OPTION` when a frame would not contain a whole number of samples.
 */
export function createMicrophone(options: MicrophoneOptions = {}): Microphone {
  const { sampleRate = 24_000, frameMs = 20, clock = systemClock } = options
  const framer = createFramer(sampleRate, frameLengthOf(sampleRate, frameMs))
  const emitter = createEmitter<MicrophoneEvents>()
  const silencer = createTrackSilencer()
  const stopping = createDeferred<never>()
  const store = createStore<MicrophoneSnapshot>({
    state: 'idle',
    isMuted: false,
    isSystemMuted: false,
    level: silentLevel,
    device: undefined,
  })
  let deviceId = options.deviceId
  let graph: CaptureGraph | undefined
  let starting: Promise<void> | undefined
  // Device changes run one after another.
  let last: Promise<unknown> = Promise.resolve()

  function setState(state: MicrophoneState): void {
    if (store.getState().state === state || isStopped()) return
    store.update({ state })
    emitter.emit('state', state)
  }

  const isStopped = () => store.getState().state === 'stopped'

  function onGraphChange(): void {
    if (!graph) return
    if (graph.isClosed) {
      emitter.emit('error', new DeviceError('CONTEXT_CLOSED', { device: 'microphone' }))
      void stop()
      return
    }
    setState(graph.isRunning ? 'running' : 'locked')
    setSystemMuted(graph.isSystemMuted)
  }

  function setSystemMuted(isSystemMuted: boolean): void {
    if (store.getState().isSystemMuted === isSystemMuted || isStopped()) return
    store.update({ isSystemMuted })
    emitter.emit('systemMuted', isSystemMuted)
  }

  function setMuted(isMuted: boolean): void {
    if (isMuted) framer.mute()
    else framer.unmute()
    if (graph) applyMute(graph.stream)
    if (store.getState().isMuted === isMuted) return
    store.update({ isMuted })
    emitter.emit('muted', isMuted)
  }

  function applyMute(stream: MediaStream): void {
    for (const track of stream.getAudioTracks()) {
      if (framer.isMuted) silencer.silence(track)
      else silencer.restore(track)
    }
  }

  function receiveBlock(block: Float32Array, from: number): void {
    for (const frame of framer.push(block, from)) {
      // Consecutive frames of silence keep the snapshot as it is.
      if (frame.level.peak > 0 || store.getState().level.peak > 0) store.update({ level: frame.level })
      emitter.emit('frame', frame)
    }
  }

  async function openGraph(id: string | undefined): Promise<CaptureGraph> {
    const stream = options.stream ?? (await openMicrophone(id, { ...defaultConstraints, ...options.constraints }))
    applyMute(stream)
    let opened: CaptureGraph | undefined
    opened = await openCaptureGraph({
      stream,
      onClose: options.stream ? 'leave tracks' : 'stop tracks',
      context: options.context,
      clock,
      workletUrl: options.workletUrl,
      // Two graphs are open while the device changes. Only the current one delivers frames.
      onBlock: (block, from) => {
        if (opened === graph) receiveBlock(block, from)
      },
      onChange: onGraphChange,
      onLost: () =>
        inTurn(replaceLost).catch(() => {
          // Rejects only when the microphone was stopped.
        }),
    })
    if (!isStopped()) return opened
    await opened.close()
    throw new DeviceError('STOPPED', { device: 'microphone' })
  }

  async function use(id: string | undefined): Promise<void> {
    const next = await openGraph(id).catch(async (error: unknown) => {
      // Phones open one microphone at a time, so the current one is closed first.
      if (!graph || !isDeviceError(error, 'DEVICE_BUSY')) throw error
      await drop()
      return openGraph(id)
    })
    const old = graph
    graph = next
    deviceId = id
    // `mute` may have been called while the device was opened.
    applyMute(next.stream)
    onGraphChange()
    const { stream, track } = next
    const device = { stream, track, deviceId: track.getSettings().deviceId, label: track.label }
    if (!isStopped()) store.update({ device })
    emitter.emit('device', device)
    await old?.close()
  }

  async function drop(): Promise<void> {
    const old = graph
    graph = undefined
    store.update({ device: undefined })
    await old?.close()
  }

  async function replaceLost(): Promise<void> {
    if (isStopped()) return
    const lostId = deviceId
    await drop()
    try {
      if (options.stream) throw new DeviceError('DEVICE_LOST', { deviceId: lostId })
      await use(undefined)
    } catch (cause) {
      if (isStopped()) return
      emitter.emit('error', new DeviceError('DEVICE_LOST', { deviceId: lostId }, { cause }))
      await stop()
    }
  }

  /** Runs a change after the previous ones. `stop` rejects the returned promise at once. */
  function inTurn(change: () => Promise<void>): Promise<void> {
    if (isStopped()) return Promise.reject(new DeviceError('STOPPED', { device: 'microphone' }))
    const done = last.then(change)
    last = done.catch(() => {})
    return Promise.race([done, stopping.promise])
  }

  async function stop(): Promise<void> {
    if (isStopped()) return
    store.update({ state: 'stopped', level: silentLevel, device: undefined })
    emitter.emit('state', 'stopped')
    stopping.reject(new DeviceError('STOPPED', { device: 'microphone' }))
    emitter.clear()
    store.clear()
    await drop()
    // A stream that the app passed is left as it was.
    for (const track of options.stream?.getAudioTracks() ?? []) silencer.restore(track)
  }

  return {
    getState: store.getState,
    subscribe: store.subscribe,
    getServerState: store.getServerState,
    get state() {
      return store.getState().state
    },
    sampleRate,
    frameMs,
    get stream() {
      return graph?.stream
    },
    start() {
      if (starting && !isStopped()) return starting
      setState('starting')
      starting = inTurn(() => use(deviceId)).catch((error: unknown) => {
        starting = undefined
        setState('idle')
        throw error
      })
      return starting
    },
    async setDevice(id) {
      if (starting) await inTurn(() => use(id))
      else deviceId = id
    },
    mute: () => setMuted(true),
    unmute: () => setMuted(false),
    get isMuted() {
      return store.getState().isMuted
    },
    get isSystemMuted() {
      return store.getState().isSystemMuted
    },
    get level() {
      return store.getState().level
    },
    on: emitter.on,
    stop,
  }
}

function frameLengthOf(sampleRate: number, frameMs: number): number {
  const length = (sampleRate * frameMs) / 1000
  if (Number.isInteger(length) && length > 0) return length
  throw new DeviceError('INVALID_OPTION', {
    option: 'frameMs',
    problem: `must make whole samples at ${sampleRate} Hz, not ${frameMs} ms`,
  })
}
