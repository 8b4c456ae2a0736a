import {
  type RealtimeSession,
  runTranscript,
  selectLines,
  type Transcript,
  type TranscriptLine,
} from 'realtime-primitives'

/** Prints each line when it is final, and who is speaking. `webVtt` returns the same lines as a WebVTT file. */
export function showCaptions(session: RealtimeSession, print: (line: string) => void): Transcript {
  let speakers = ''
  const transcript = runTranscript(session, {
    onLine(line) {
      if (line.status === 'pending' || line.status === 'partial') return
      if (line.cut?.played !== undefined && line.cut.atMs === undefined) return // the server has yet to confirm the cut
      print(`${line.speaker}: ${captionOf(line)}`)
    },
  })
  transcript.subscribe(() => {
    const { speaking } = transcript.getState()
    const now = (['user', 'assistant'] as const).filter((side) => speaking[side]).join(' and ')
    if (now !== speakers && now !== '') print(`(${now} speaking)`)
    speakers = now
  })
  return transcript
}

/** The captions as a WebVTT file. Lines without a time are left out. */
export function webVtt(transcript: Transcript): string {
  const cues = selectLines(transcript.getState()).flatMap((line) => {
    const { speaker, startMs, endMs } = line
    if (startMs === undefined || endMs === undefined) return []
    return [`${timestamp(startMs)} --> ${timestamp(endMs)}\n<v ${speaker}>${escaped(captionOf(line))}\n`]
  })
  return ['WEBVTT\n', ...cues].join('\n')
}

/** The played text, with a dash where it was cut off. */
function captionOf({ text, cut, status }: TranscriptLine): string {
  if (status === 'failed') return '[inaudible]'
  return cut ? `${cut.played ?? text} –` : text
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function timestamp(ms: number): string {
  const pad = (value: number, length = 2) => String(Math.floor(value)).padStart(length, '0')
  return `${pad(ms / 3_600_000)}:${pad((ms / 60_000) % 60)}:${pad((ms / 1000) % 60)}.${pad(ms % 1000, 3)}`
}
