import { type RealtimeSession, runTranscript, selectLines, type TranscriptLine } from 'realtime-primitives'

/** Who speaks at the moment. */
export interface Speaking {
  readonly user: boolean
  readonly assistant: boolean
}

const names = { user: 'You', assistant: 'Agent' } as const

/** Shows the transcript as bubbles while it forms, and each line once more for screen readers when it is final. */
export function showCaptions(
  session: RealtimeSession,
  list: HTMLElement,
  announced: HTMLElement,
  onSpeaking: (speaking: Speaking) => void,
): void {
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
    const words = status === 'failed' ? '(no transcript)' : status === 'pending' ? '…' : (cut?.played ?? text)
    const line = `${names[speaker]}: ${words}`
    const shown = cut ? `${line} (interrupted)` : line
    if (row.dataset.shown !== shown) {
      row.dataset.shown = shown
      row.replaceChildren(part('who', `${names[speaker]}: `), words, ...(cut ? [part('mark', 'interrupted')] : []))
    }
    if (status !== 'pending' && status !== 'partial' && !told.has(id)) {
      told.add(id)
      const sentence = document.createElement('p')
      sentence.textContent = line
      announced.append(sentence)
    }
    return row
  }

  function part(className: string, text: string): HTMLElement {
    return Object.assign(document.createElement('span'), { className, textContent: text })
  }

  const transcript = runTranscript(session)
  transcript.subscribe(() => {
    const shown = selectLines(transcript.getState()).map(show)
    onSpeaking(transcript.getState().speaking)
    const isSame = shown.length === list.children.length && shown.every((row, at) => list.children[at] === row)
    if (isSame) return
    list.replaceChildren(...shown)
    list.scrollTop = list.scrollHeight
  })
  void session.closed.then(() => transcript.stop())
}
