import { find } from './dom.js'

/** Measured levels, in dBFS. */
export interface Levels {
  readonly microphone: number
  readonly speaker: number
}

const quietestDb = -60
/** The picture of the last seconds: a bar for each so many milliseconds. */
const barMs = 60

/** Shows level meters and a ribbon of the last seconds: the user above, the assistant below. Returns a function that stops both. */
export function showLevels(measure: () => Levels): () => void {
  const meters = { microphone: createMeter('microphone'), speaker: createMeter('speaker') }
  const draw = createRibbon()
  const calm = matchMedia('(prefers-reduced-motion: reduce)')
  let frame = 0
  let nextBarMs = 0

  function tick(nowMs: number): void {
    frame = requestAnimationFrame(tick)
    // Less motion is a meter that moves now and then, and a ribbon that stands still.
    if (nowMs < nextBarMs) return
    nextBarMs = nowMs + (calm.matches ? 500 : barMs)
    const { microphone, speaker } = measure()
    meters.microphone(microphone)
    meters.speaker(speaker)
    if (!calm.matches) draw(heightOf(microphone), heightOf(speaker))
  }
  frame = requestAnimationFrame(tick)

  return () => {
    cancelAnimationFrame(frame)
    meters.microphone(quietestDb)
    meters.speaker(quietestDb)
  }
}

/** 0 to 1. */
function heightOf(db: number): number {
  return Math.min(1, Math.max(0, 1 - db / quietestDb))
}

function createMeter(name: 'microphone' | 'speaker'): (db: number) => void {
  const meter = find(`${name}-meter`, HTMLMeterElement)
  const bar = find(`${name}-bar`, HTMLElement)
  let toldMs = Number.NEGATIVE_INFINITY
  return (db) => {
    bar.style.setProperty('--level', heightOf(db).toFixed(3))
    // Assistive technology wants a value, and not sixteen of them a second.
    if (performance.now() - toldMs < 500) return
    toldMs = performance.now()
    meter.value = Math.round(Math.max(quietestDb, db))
  }
}

/** Draws the levels: the user above the line, the assistant below. */
function createRibbon(): (above: number, below: number) => void {
  const canvas = find('ribbon', HTMLCanvasElement)
  const colours = [find('microphone-bar', HTMLElement), find('speaker-bar', HTMLElement)].map((bar) =>
    getComputedStyle(bar),
  )
  const context = canvas.getContext('2d')
  const step = 5
  let bars: (readonly [number, number])[] = []
  return (above, below) => {
    const { clientWidth: width, clientHeight: height } = canvas
    if (!context || width === 0) return
    const count = Math.ceil(width / step)
    bars = [...Array.from({ length: count }, () => [0, 0] as const), ...bars, [above, below] as const].slice(-count)
    // A canvas that is given its size, even the same, is empty again.
    canvas.width = Math.round(width * devicePixelRatio)
    canvas.height = Math.round(height * devicePixelRatio)
    context.scale(devicePixelRatio, devicePixelRatio)
    const middle = height / 2
    for (const [index, [up, down]] of bars.entries()) {
      const x = width - (bars.length - index) * step
      const [upwards, downwards] = [1 + up * (middle - 2), 1 + down * (middle - 2)]
      context.fillStyle = colours[0]?.color ?? ''
      context.fillRect(x, middle - upwards, 3, upwards)
      context.fillStyle = colours[1]?.color ?? ''
      context.fillRect(x, middle, 3, downwards)
    }
  }
}
