import type { RecordedLine } from 'realtime-primitives'

/** Keeps the frames of a call for a file. */
export interface FrameLog {
  add(line: RecordedLine): void
  clear(): void
  /** Downloads the frames as JSON lines, which `npx realtime-primitives inspect` reads. Returns whether there were any. */
  save(): boolean
}

/** A call of an hour has about half a million frames. */
const maxFrames = 600_000

/** Creates a log. When it is full, the oldest frames are dropped. */
export function createFrameLog(): FrameLog {
  let frames: RecordedLine[] = []
  return {
    add(line) {
      frames.push(line)
      if (frames.length > maxFrames) frames = frames.slice(maxFrames / 10)
    },
    clear() {
      frames = []
    },
    save() {
      if (frames.length === 0) return false
      const lines = frames.map((line) => `${JSON.stringify(line)}\n`)
      const url = URL.createObjectURL(new Blob(lines, { type: 'application/jsonl' }))
      const link = document.createElement('a')
      link.href = url
      link.download = 'call.jsonl'
      link.click()
      setTimeout(() => URL.revokeObjectURL(url), 10_000)
      return true
    },
  }
}
