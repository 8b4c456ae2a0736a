import { type RealtimeSession, runTranscript, selectLines, type TranscriptLine } from 'realtime-primitives'

const names = { user: 'You', assistant: 'Agent' } as const

/** Captions of both sides while they form, and each line once more for screen readers when it is finished. */
export function showCaptions(session: RealtimeSession, list: HTMLElement, announced: HTMLElement): void {
  const rows = new Map<string, HTMLElement>()
  const told = new Set<string>()
  // Safari lets keys scroll only what can have the focus.
  list.tabIndex = 0
  list.replaceChildren()
  announced.replaceChildren()

  function show({ id, speaker, text, status, cut }: TranscriptLine): HTMLElement {
    const row = rows.get(id) ?? document.createElement('li')
    rows.set(id, row)
    row.className = speaker
    const words = status === 'pending' ? '…' : `${cut?.played ?? text}${cut ? ' —' : ''}`
    const line = `${names[speaker]}: ${status === 'failed' ? '(could not be written down)' : words}`
    if (row.textContent !== line) row.textContent = line
    if (status !== 'pending' && status !== 'partial' && !told.has(id)) {
      told.add(id)
      const sentence = document.createElement('p')
      sentence.textContent = line
      announced.append(sentence)
    }
    return row
  }

  const transcript = runTranscript(session)
  transcript.subscribe(() => {
    const shown = selectLines(transcript.getState()).map(show)
    const isSame = shown.length === list.children.length && shown.every((row, at) => list.children[at] === row)
    if (isSame) return
    list.replaceChildren(...shown)
    list.scrollTop = list.scrollHeight
  })
  void session.closed.then(() => transcript.stop())
}
