import { selectLines, type Transcript, type TranscriptLine } from 'realtime-primitives'
import { beforePaint, find, make } from './dom.js'

const names = { user: 'You', assistant: 'Assistant' } as const
const maxLines = 200
/** Interval at which captions follow the played audio, in milliseconds. */
const followMs = 100

interface Row {
  readonly element: HTMLElement
  show(line: TranscriptLine, played: string | undefined): void
}

/** Shows captions of both speakers in the order of the conversation. Returns a function that stops the updates and leaves the captions in place. */
export function showCaptions(transcript: Transcript, follow: (change: () => void) => void): () => void {
  const list = find('captions', HTMLOListElement)
  const spoken = find('announced', HTMLElement)
  const rows = new Map<string, Row>()
  const shown = new Map<string, { line: TranscriptLine; played: string | undefined }>()
  const announced = new Map<string, string>()
  list.replaceChildren()
  spoken.replaceChildren()

  const draw = beforePaint(() =>
    follow(() => {
      const { speaking } = transcript.getState()
      const lines = selectLines(transcript.getState()).slice(-maxLines)
      for (const [index, line] of lines.entries()) {
        const row = rows.get(line.id) ?? createRow(line)
        rows.set(line.id, row)
        if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] ?? null)
        const played = speaking.assistant && line.speaker === 'assistant' ? transcript.played(line.id) : undefined
        const before = shown.get(line.id)
        if (before?.line === line && before.played === played) continue
        shown.set(line.id, { line, played })
        row.show(line, played)
        announce(line)
      }
      while (list.children.length > lines.length) list.lastElementChild?.remove()
      for (const id of rows.keys())
        if (!lines.some((line) => line.id === id)) for (const known of [rows, shown, announced]) known.delete(id)
    }),
  )

  /** Screen readers get complete lines. Partial lines would be read again with each change. */
  function announce({ id, speaker, text, status, cut }: TranscriptLine): void {
    if (status === 'pending' || status === 'partial') return
    const sentence = `${names[speaker]}: ${cut ? `${cut.played ?? text} (cut off)` : text}`
    if (announced.get(id) === sentence) return
    announced.set(id, sentence)
    spoken.append(make('p', '', sentence))
    while (spoken.children.length > 20) spoken.firstElementChild?.remove()
  }

  const stop = transcript.subscribe(draw)
  const timer = setInterval(() => {
    if (transcript.getState().speaking.assistant) draw()
  }, followMs)
  draw()
  return () => {
    stop()
    clearInterval(timer)
  }
}

function createRow({ speaker }: TranscriptLine): Row {
  const element = make('li', 'caption')
  element.dataset.speaker = speaker
  const words = make('p', 'words')
  const playedWords = make('span')
  const unplayedWords = make('span', 'ahead')
  const mark = make('span', 'mark')
  words.append(playedWords, unplayedWords)
  element.append(make('span', 'who', names[speaker]), words, mark)
  return {
    element,
    show({ text, status, cut }, played = text) {
      element.dataset.status = cut ? 'cut' : status
      const upTo = cut ? (cut.played ?? text) : played
      const isPrefix = text.startsWith(upTo)
      playedWords.textContent = isPrefix ? upTo : text
      unplayedWords.textContent = isPrefix ? text.slice(upTo.length) : ''
      words.hidden = text === ''
      mark.textContent = markOf(status, cut)
      mark.hidden = mark.textContent === ''
    },
  }
}

function markOf(status: TranscriptLine['status'], cut: TranscriptLine['cut']): string {
  if (cut) return cut.atMs === undefined ? 'cut off' : `cut off at ${(cut.atMs / 1000).toFixed(1)} s`
  if (status === 'pending') return 'listening…'
  if (status === 'incomplete') return 'incomplete'
  return status === 'failed' ? 'no transcript' : ''
}
