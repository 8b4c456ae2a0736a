import { silentLevel } from '../audio/level.js'
import { systemClock } from '../internal/clock.js'
import { createDeferred } from '../internal/deferred.js'
import { createEmitter } from '../internal/emitter.js'
import { createTrackSilencer } from '../internal/track-silencer.js'
import { type CaptureGraph, openCaptureGraph } from './capture-graph.js'
import { openMicrophone } from './devices.js'
import { DeviceError, isDeviceError } from './error.js'
import { createFramer } from './framer.js'
import type { Microphone, MicrophoneEvents, MicrophoneOptions, MicrophoneState } from './microphone-contract.js'

const defaultConstraints: MediaTrackConstraints = {
  channelCount: 1,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
}

/**
 * Makes a microphone. It does nothing before `start`.
 *
 * ```ts
 * const microphone = createMicrophone()
 * const stop = captureInto(session, microphone)
 * await microphone.start()
 * ```
 * @throws {@link DeviceError} INVALID_OPTION when frames would not be whole samples.
 */
export function createMicrophone(options: MicrophoneOptions = {}): Microphone {
  const { sampleRate = 24_000, frameMs = 20, clock = systemClock } = options
  const framer = createFramer(sampleRate, frameLengthOf(sampleRate, frameMs))
  const emitter = createEmitter<MicrophoneEvents>()
  const silencer = createTrackSilencer()
  const stopping = createDeferred<never>()
  let deviceId = options.deviceId
  let level = silentLevel
  let state: MicrophoneState = 'idle'
  let line: CaptureGraph | undefined
  let starting: Promise<void> | undefined
  let isSystemMuted = false
  // Changes of the device happen one after the other.
  let last: Promise<unknown> = Promise.resolve()

  function setState(next: MicrophoneState): void {
    if (state === next || state === 'stopped') return
    state = next
    emitter.emit('state', next)
  }

  const isStopped = () => state === 'stopped'

  function followLine(): void {
    if (!line) return
    if (line.isClosed) {
      emitter.emit('error', new DeviceError('CONTEXT_CLOSED', { device: 'microphone' }))
      void stop()
      return
    }
    setState(line.isRunning ? 'running' : 'locked')
    setSystemMuted(line.isSystemMuted)
  }

  function setSystemMuted(next: boolean): void {
    if (isSystemMuted === next || isStopped()) return
    isSystemMuted = next
    emitter.emit('systemMuted', next)
  }

  function applyMute(stream: MediaStream): void {
    for (const track of stream.getAudioTracks()) {
      if (framer.isMuted) silencer.silence(track)
      else silencer.restore(track)
    }
  }

  function hear(block: Float32Array, from: number): void {
    for (const frame of framer.push(block, from)) {
      level = frame.level
      emitter.emit('frame', frame)
    }
  }

  async function openLine(id: string | undefined): Promise<CaptureGraph> {
    const stream = options.stream ?? (await openMicrophone(id, { ...defaultConstraints, ...options.constraints }))
    applyMute(stream)
    let own: CaptureGraph | undefined
    own = await openCaptureGraph({
      stream,
      atEnd: options.stream ? 'leave tracks' : 'stop tracks',
      context: options.context,
      clock,
      workletUrl: options.workletUrl,
      // Two lines are open for a moment when the device changes; one is heard.
      onBlock: (block, from) => own === line && hear(block, from),
      onChange: followLine,
      onLost: () =>
        inTurn(replaceLost).catch(() => {
          // It was stopped meanwhile, which is all that can go wrong here.
        }),
    })
    if (!isStopped()) return own
    await own.close()
    throw new DeviceError('STOPPED', { device: 'microphone' })
  }

  async function use(id: string | undefined): Promise<void> {
    const next = await openLine(id).catch(async (error: unknown) => {
      // Phones open one microphone at a time.
      if (!line || !isDeviceError(error, 'DEVICE_BUSY')) throw error
      await drop()
      return openLine(id)
    })
    const old = line
    line = next
    deviceId = id
    // It may have been muted while the device was being opened.
    applyMute(next.stream)
    followLine()
    const { deviceId: usedId } = next.track.getSettings()
    emitter.emit('device', { stream: next.stream, track: next.track, deviceId: usedId, label: next.track.label })
    await old?.close()
  }

  async function drop(): Promise<void> {
    const old = line
    line = undefined
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

  /** Runs a change after the ones before it; `stop` ends the wait for it at once. */
  function inTurn(change: () => Promise<void>): Promise<void> {
    if (isStopped()) return Promise.reject(new DeviceError('STOPPED', { device: 'microphone' }))
    const done = last.then(change)
    last = done.catch(() => {})
    return Promise.race([done, stopping.promise])
  }

  async function stop(): Promise<void> {
    if (isStopped()) return
    setState('stopped')
    level = silentLevel
    stopping.reject(new DeviceError('STOPPED', { device: 'microphone' }))
    emitter.clear()
    await drop()
    // The stream of the app is left as it was.
    for (const track of options.stream?.getAudioTracks() ?? []) silencer.restore(track)
  }

  return {
    get state() {
      return state
    },
    sampleRate,
    frameMs,
    get stream() {
      return line?.stream
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
    mute() {
      framer.mute()
      if (line) applyMute(line.stream)
    },
    unmute() {
      framer.unmute()
      if (line) applyMute(line.stream)
    },
    get isMuted() {
      return framer.isMuted
    },
    get isSystemMuted() {
      return isSystemMuted
    },
    get level() {
      return level
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
