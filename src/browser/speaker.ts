import { type AudioFormatLike, audioLayout } from '../audio/duration.js'
import { silentLevel, toDecibels } from '../audio/level.js'
import { systemClock } from '../internal/clock.js'
import { createEmitter } from '../internal/emitter.js'
import type { AudioPart } from '../session/playback/tracker.js'
import { deviceError } from './devices.js'
import { DeviceError, isDeviceError } from './error.js'
import { openPlaybackLine, type PlaybackLine } from './playback-line.js'
import { createSoundDecoder, type SoundDecoder } from './sound-codec.js'
import type { Speaker, SpeakerEvents, SpeakerOptions, SpeakerState } from './speaker-contract.js'
import type { PlaybackReport } from './worklet/messages.js'

/** A part that is being played, and how it is decoded. */
interface Stream {
  readonly key: number
  readonly part: AudioPart | undefined
  readonly decoder: SoundDecoder
}

/**
 * Makes a speaker. It does nothing before `start`.
 *
 * ```ts
 * const speaker = createSpeaker()
 * const stop = playThrough(session, speaker)
 * button.onclick = () => speaker.start()
 * ```
 * @throws {@link DeviceError} INVALID_OPTION.
 */
export function createSpeaker(options: SpeakerOptions = {}): Speaker {
  const { clock = systemClock, startMs = 60, fadeMs = 5, maxStartMs = Math.max(480, startMs) } = options
  assertDuration('startMs', startMs, 0)
  assertDuration('fadeMs', fadeMs, 0)
  assertDuration('maxStartMs', maxStartMs, startMs)
  const emitter = createEmitter<SpeakerEvents>()
  const streams = new Map<string, Stream>()
  const parts = new Map<number, AudioPart | undefined>()
  let state: SpeakerState = 'idle'
  let volume = volumeOf(options.volume ?? 1)
  let deviceId = options.deviceId
  let line: PlaybackLine | undefined
  let starting: Promise<void> | undefined
  let held: ((line: PlaybackLine) => void)[] = []
  let nextKey = 0
  let isPlaying = false
  let stalls = 0
  let level = silentLevel

  const isStopped = () => state === 'stopped'

  function setState(next: SpeakerState): void {
    if (state === next || isStopped()) return
    state = next
    emitter.emit('state', next)
  }

  function setPlaying(next: boolean): void {
    if (isPlaying === next) return
    isPlaying = next
    emitter.emit('playing', next)
  }

  function followLine(): void {
    if (!line) return
    if (line.isClosed) {
      emitter.emit('error', new DeviceError('CONTEXT_CLOSED', { device: 'speaker' }))
      void stop()
      return
    }
    setState(line.isRunning ? 'running' : 'locked')
  }

  function onReport({ heard, isIdle, underruns, peak, power }: PlaybackReport, sampleRate: number): void {
    const rms = Math.sqrt(power)
    level = isIdle ? silentLevel : { rms, peak, rmsDb: toDecibels(rms), peakDb: toDecibels(peak) }
    for (const [key, samples] of heard) {
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
    const opened = await openPlaybackLine({
      startMs,
      maxStartMs,
      fadeMs,
      volume,
      output: options.output,
      workletUrl: options.workletUrl,
      clock,
      onReport,
      onChange: followLine,
    })
    try {
      if (isStopped()) throw new DeviceError('STOPPED', { device: 'speaker' })
      if (deviceId !== undefined) await choose(opened, deviceId)
      if (isStopped()) throw new DeviceError('STOPPED', { device: 'speaker' })
    } catch (error) {
      await opened.close()
      throw error
    }
    line = opened
    line.setVolume(volume)
    for (const action of held.splice(0)) action(opened)
    followLine()
  }

  /** Does something with the line, as soon as there is one. */
  function whenOpen(action: (line: PlaybackLine) => void): void {
    if (isStopped()) return
    if (line) action(line)
    else held.push(action)
  }

  function streamOf(part: AudioPart | undefined, format: AudioFormatLike, sampleRate: number): Stream {
    const name = nameOf(part)
    const known = streams.get(name)
    if (known) return known
    const stream = { key: nextKey++, part, decoder: createSoundDecoder(format, sampleRate) }
    streams.set(name, stream)
    parts.set(stream.key, part)
    return stream
  }

  async function stop(): Promise<void> {
    if (isStopped()) return
    setState('stopped')
    held = []
    streams.clear()
    parts.clear()
    level = silentLevel
    isPlaying = false
    emitter.clear()
    const open = line
    line = undefined
    await open?.close()
  }

  return {
    get state() {
      return state
    },
    get isPlaying() {
      return isPlaying
    },
    get level() {
      return level
    },
    get volume() {
      return volume
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
    enqueue(sound, { part, format = 'audio/pcm' } = {}) {
      if (isStopped()) return
      audioLayout(format) // refuses a format that nobody can play, before anything of it is taken
      setPlaying(true)
      // Whoever gave it may use its memory again.
      const own = line ? sound : sound.slice()
      whenOpen((open) => {
        const { key, decoder } = streamOf(part, format, open.sampleRate)
        open.send({ type: 'push', key, samples: decoder.decode(own) })
      })
    },
    end(part) {
      whenOpen((open) => {
        const stream = streams.get(nameOf(part))
        if (!stream) return
        streams.delete(nameOf(part))
        const { key, decoder } = stream
        open.send({ type: 'push', key, samples: decoder.flush() })
        open.send({ type: 'end', key })
      })
    },
    flush() {
      held = []
      streams.clear()
      parts.clear()
      line?.send({ type: 'flush' })
      setPlaying(false)
    },
    setVolume(next) {
      volume = volumeOf(next)
      line?.setVolume(volume)
    },
    async setDevice(id) {
      if (line) await choose(line, id ?? '')
      deviceId = id
    },
    on: emitter.on,
    stop,
  }
}

async function choose(line: PlaybackLine, deviceId: string): Promise<void> {
  try {
    await line.setSink(deviceId)
  } catch (cause) {
    if (cause instanceof DeviceError) throw cause
    throw deviceError('speaker', deviceId, cause)
  }
}

function nameOf(part: AudioPart | undefined): string {
  return part === undefined ? '' : `${part.contentIndex ?? 0} ${part.itemId}`
}

function assertDuration(option: string, ms: number, least: number): void {
  if (ms >= least && ms < Number.POSITIVE_INFINITY) return
  throw new DeviceError('INVALID_OPTION', { option, problem: `must be at least ${least} ms, not ${ms}` })
}

function volumeOf(volume: number): number {
  if (volume >= 0 && volume < Number.POSITIVE_INFINITY) return volume
  throw new DeviceError('INVALID_OPTION', { option: 'volume', problem: `must be a number from 0 up, not ${volume}` })
}
