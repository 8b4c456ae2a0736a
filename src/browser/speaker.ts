import { type AudioFormatLike, audioLayout } from '../audio/duration.js'
import { silentLevel, toDecibels } from '../audio/level.js'
import { systemClock } from '../internal/clock.js'
import { createEmitter } from '../internal/emitter.js'
import type { AudioPart } from '../session/playback/tracker.js'
import { deviceError } from './devices.js'
import { DeviceError, isDeviceError } from './error.js'
import { openPlaybackGraph, type PlaybackGraph } from './playback-graph.js'
import type { Speaker, SpeakerEvents, SpeakerOptions, SpeakerSnapshot, SpeakerState } from './speaker-contract.js'
import { createStore } from './store.js'
import { createStreamDecoder, type StreamDecoder } from './stream-codec.js'
import type { PlaybackReport } from './worklet/messages.js'

/** A part whose audio is being queued, and its decoder. */
interface Stream {
  readonly key: number
  readonly part: AudioPart | undefined
  readonly decoder: StreamDecoder
}

/**
 * Creates a speaker. It opens nothing before `start`, so it can be created on a server that renders the page.
 *
 * @example
 * ```ts
 * const speaker = createSpeaker()
 * const stop = playThrough(session, speaker)
 * button.onclick = () => speaker.start()
 * ```
 * @throws {DeviceError} `INVALID_OPTION`.
 */
export function createSpeaker(options: SpeakerOptions = {}): Speaker {
  const { clock = systemClock, startMs = 60, fadeMs = 5, maxStartMs = Math.max(480, startMs) } = options
  assertDuration('startMs', startMs, 0)
  assertDuration('fadeMs', fadeMs, 0)
  assertDuration('maxStartMs', maxStartMs, startMs)
  const emitter = createEmitter<SpeakerEvents>()
  const streams = new Map<string, Stream>()
  const parts = new Map<number, AudioPart | undefined>()
  const store = createStore<SpeakerSnapshot>({
    state: 'idle',
    isPlaying: false,
    volume: checkedVolume(options.volume ?? 1),
    level: silentLevel,
    deviceId: options.deviceId,
  })
  let graph: PlaybackGraph | undefined
  let starting: Promise<void> | undefined
  /** Actions that wait for the graph. */
  let pending: ((graph: PlaybackGraph) => void)[] = []
  let nextKey = 0
  let stalls = 0

  const isStopped = () => store.getState().state === 'stopped'

  function setState(state: SpeakerState): void {
    if (store.getState().state === state || isStopped()) return
    store.update({ state })
    emitter.emit('state', state)
  }

  function setPlaying(isPlaying: boolean): void {
    if (store.getState().isPlaying === isPlaying) return
    store.update({ isPlaying })
    emitter.emit('playing', isPlaying)
  }

  function setDeviceId(deviceId: string | undefined): void {
    if (store.getState().deviceId === deviceId || isStopped()) return
    store.update({ deviceId })
    emitter.emit('device', { deviceId })
  }

  function onGraphChange(): void {
    if (!graph) return
    if (graph.isClosed) {
      emitter.emit('error', new DeviceError('CONTEXT_CLOSED', { device: 'speaker' }))
      void stop()
      return
    }
    setState(graph.isRunning ? 'running' : 'locked')
  }

  function onReport({ played, isIdle, underruns, peak, power }: PlaybackReport, sampleRate: number): void {
    const rms = Math.sqrt(power)
    const level = { rms, peak, rmsDb: toDecibels(rms), peakDb: toDecibels(peak) }
    if (!isStopped()) store.update({ level: isIdle || peak === 0 ? silentLevel : level })
    for (const [key, samples] of played) {
      if (parts.has(key)) emitter.emit('played', { part: parts.get(key), ms: (samples * 1000) / sampleRate })
    }
    if (underruns > stalls) {
      stalls = underruns
      emitter.emit('stalled', { count: stalls })
    }
    if (isIdle && streams.size === 0) {
      parts.clear()
      setPlaying(false)
    }
  }

  async function open(): Promise<void> {
    const opened = await openPlaybackGraph({
      startMs,
      maxStartMs,
      fadeMs,
      volume: store.getState().volume,
      output: options.output,
      workletUrl: options.workletUrl,
      clock,
      onReport,
      onChange: onGraphChange,
    })
    try {
      if (isStopped()) throw new DeviceError('STOPPED', { device: 'speaker' })
      const { deviceId } = store.getState()
      if (deviceId !== undefined) await selectSink(opened, deviceId)
      if (isStopped()) throw new DeviceError('STOPPED', { device: 'speaker' })
    } catch (error) {
      await opened.close()
      throw error
    }
    graph = opened
    graph.setVolume(store.getState().volume)
    for (const action of pending.splice(0)) action(opened)
    onGraphChange()
  }

  /** Runs an action once the graph is open. */
  function whenOpen(action: (graph: PlaybackGraph) => void): void {
    if (isStopped()) return
    if (graph) action(graph)
    else pending.push(action)
  }

  function streamOf(part: AudioPart | undefined, format: AudioFormatLike, sampleRate: number): Stream {
    const name = partKey(part)
    const known = streams.get(name)
    if (known) return known
    const stream = { key: nextKey++, part, decoder: createStreamDecoder(format, sampleRate) }
    streams.set(name, stream)
    parts.set(stream.key, part)
    return stream
  }

  async function stop(): Promise<void> {
    if (isStopped()) return
    store.update({ state: 'stopped', isPlaying: false, level: silentLevel })
    emitter.emit('state', 'stopped')
    pending = []
    streams.clear()
    parts.clear()
    emitter.clear()
    store.clear()
    const open = graph
    graph = undefined
    await open?.close()
  }

  return {
    getState: store.getState,
    subscribe: store.subscribe,
    getServerState: store.getServerState,
    get state() {
      return store.getState().state
    },
    get isPlaying() {
      return store.getState().isPlaying
    },
    get level() {
      return store.getState().level
    },
    get volume() {
      return store.getState().volume
    },
    start() {
      if (isStopped()) return Promise.reject(new DeviceError('STOPPED', { device: 'speaker' }))
      if (starting) return starting
      setState('starting')
      starting = open().catch((error: unknown) => {
        starting = undefined
        setState('idle')
        throw isDeviceError(error) ? error : deviceError('speaker', undefined, error)
      })
      return starting
    },
    enqueue(audio, { part, format = 'audio/pcm' } = {}) {
      if (isStopped()) return
      audioLayout(format) // throws for an unsupported format
      setPlaying(true)
      // The caller may reuse its buffer.
      const owned = graph ? audio : audio.slice()
      whenOpen((open) => {
        const { key, decoder } = streamOf(part, format, open.sampleRate)
        open.send({ type: 'push', key, samples: decoder.decode(owned) })
      })
    },
    end(part) {
      whenOpen((open) => {
        const stream = streams.get(partKey(part))
        if (!stream) return
        streams.delete(partKey(part))
        const { key, decoder } = stream
        open.send({ type: 'push', key, samples: decoder.flush() })
        open.send({ type: 'end', key })
      })
    },
    flush() {
      pending = []
      streams.clear()
      parts.clear()
      graph?.send({ type: 'flush' })
      setPlaying(false)
    },
    setVolume(next) {
      const volume = checkedVolume(next)
      graph?.setVolume(volume)
      if (store.getState().volume === volume || isStopped()) return
      store.update({ volume })
      emitter.emit('volume', volume)
    },
    async setDevice(id) {
      if (graph) await selectSink(graph, id ?? '')
      setDeviceId(id)
    },
    on: emitter.on,
    stop,
  }
}

async function selectSink(graph: PlaybackGraph, deviceId: string): Promise<void> {
  try {
    await graph.setSink(deviceId)
  } catch (cause) {
    if (cause instanceof DeviceError) throw cause
    throw deviceError('speaker', deviceId, cause)
  }
}

function partKey(part: AudioPart | undefined): string {
  return part === undefined ? '' : `${part.contentIndex ?? 0} ${part.itemId}`
}

function assertDuration(option: string, ms: number, least: number): void {
  if (ms >= least && ms < Number.POSITIVE_INFINITY) return
  throw new DeviceError('INVALID_OPTION', { option, problem: `must be at least ${least} ms, not ${ms}` })
}

function checkedVolume(volume: number): number {
  if (volume >= 0 && volume < Number.POSITIVE_INFINITY) return volume
  throw new DeviceError('INVALID_OPTION', {
    option: 'volume',
    problem: `must be a number of at least 0, not ${volume}`,
  })
}
