/** From here on it pays to keep a string out of `JSON.parse`, which copies it. In characters. */
const minAudioLength = 512

/** What a frame holds; `undefined` if it is not JSON, which no JSON text stands for. */
export function parseFrame(frame: string): unknown {
  if (typeof frame !== 'string') return undefined
  return parseAudioDelta(frame) ?? parse(frame)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The engine's own message quotes the frame.
    return undefined
  }
}

/**
 * The event of a frame that is nearly all audio, which is nearly all that a server sends: the audio is cut out, and only the rest is parsed, in a third of the time.
 * `undefined` for whatever might be anything else.
 */
function parseAudioDelta(frame: string): object | undefined {
  if (frame.length < minAudioLength) return undefined
  const key = frame.indexOf('"delta":')
  // A flat object: the key cannot belong to one inside.
  if (key < 0 || frame.indexOf('{', 1) >= 0) return undefined
  const start = frame.indexOf('"', key + 8) + 1
  const end = frame.indexOf('"', start)
  if (end - start < minAudioLength || frame.includes('\\')) return undefined
  const event = parse(frame.slice(0, start) + frame.slice(end))
  return isAudioDelta(event) && event.delta === ''
    ? Object.assign(event, { delta: frame.slice(start, end) })
    : undefined
}

function isAudioDelta(event: unknown): event is { delta: unknown } {
  const { type } = (event ?? {}) as { type?: unknown }
  return typeof type === 'string' && type.endsWith('output_audio.delta')
}
