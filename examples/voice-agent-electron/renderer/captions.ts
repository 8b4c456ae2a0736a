import { selectLines, type Transcript, type TranscriptLine } from 'realtime-primitives'

const names = { user: 'You', assistant: 'Agent' } as const

/** Shows the lines of a transcript as bubbles, and each finished line once more for screen readers. */
export function showCaptions(transcript: Transcript, list: HTMLElement, announced: HTMLElement): void {
  const rows = new Map<string, HTMLElement>()
  const announcedIds = new Set<string>()
  // Safari and Chromium scroll with keys only what can have the focus.
  list.tabIndex = 0
  list.replaceChildren()
  announced.replaceChildren()

  function rowOf({ id, speaker, text, status, cut }: TranscriptLine): HTMLElement {
    const row = rows.get(id) ?? document.createElement('li')
    rows.set(id, row)
    row.className = speaker
    const words = status === 'failed' ? '(no transcript)' : status === 'pending' ? '…' : (cut?.played ?? text)
    const name = document.createElement('span')
    name.className = 'sr'
    name.textContent = `${names[speaker]}: `
    row.replaceChildren(name, words)
    if (cut) {
      const mark = document.createElement('span')
      mark.className = 'mark'
      mark.textContent = 'interrupted'
      row.append(mark)
    }
    if (status !== 'pending' && status !== 'partial' && !announcedIds.has(id)) {
      announcedIds.add(id)
      const sentence = document.createElement('p')
      sentence.textContent = `${names[speaker]}: ${words}`
      announced.append(sentence)
    }
    return row
  }

  transcript.subscribe(() => {
    const shown = selectLines(transcript.getState()).map(rowOf)
    const isSame = shown.length === list.children.length && shown.every((row, at) => list.children[at] === row)
    if (!isSame) list.replaceChildren(...shown)
    list.scrollTop = list.scrollHeight
  })
}
