'use client'

import { type SessionStatus, selectActiveResponse, selectLines, type TranscriptLine } from 'realtime-primitives'
import { sentenceOf } from './sentences'
import { useCall } from './use-call'

const statusWords: Readonly<Record<SessionStatus, string>> = {
  idle: 'Connecting…',
  connecting: 'Connecting…',
  open: 'Connected',
  reconnecting: 'Reconnecting…',
  closing: 'Hanging up…',
  closed: 'Not connected',
}

/** The conversation: captions and buttons. */
export function Conversation({ baseUrl }: { readonly baseUrl: string | undefined }) {
  const { session, transcript, isMuted, problem, start, end, setMuted, interrupt } = useCall(baseUrl)
  const status = session?.status ?? 'closed'
  const isOpen = status === 'open'
  const lines = transcript ? selectLines(transcript) : []
  const speaking = isOpen ? transcript?.speaking : undefined
  const isAnswering = speaking?.assistant || (session && selectActiveResponse(session) !== undefined)
  const canInterrupt = isOpen && isAnswering

  return (
    <section aria-label="Call" className="call">
      <p className="status">
        <span role="status">{statusWords[status]}</span>
        <span className="quiet">
          {speaking?.user ? 'You are speaking' : speaking?.assistant ? 'The desk is speaking' : ''}
        </span>
      </p>
      {problem !== undefined && (
        <p role="alert" className="problem">
          {sentenceOf(problem)}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: Safari lets keys scroll only what can have the focus. */}
      <section className="captions" aria-label="Captions" tabIndex={0}>
        <ol>
          {lines.map((line) => (
            <Caption key={line.id} {...line} />
          ))}
        </ol>
        {lines.length === 0 && <p className="quiet">Call, and say: “What is the code for parcel A1001?”</p>}
      </section>
      {/* Screen readers get complete lines. Partial lines would be read again with each change. */}
      <div role="log" aria-label="Transcript" className="unseen">
        {lines.filter(isWhole).map(({ id, speaker, text }) => (
          <p key={id}>
            {names[speaker]}: {text}
          </p>
        ))}
      </div>
      <div className="buttons">
        <button
          type="button"
          className={status === 'closed' ? 'primary' : 'primary hang-up'}
          onClick={status === 'closed' ? start : end}
        >
          {status === 'closed' ? 'Call' : 'Hang up'}
        </button>
        <button type="button" aria-pressed={isMuted} onClick={() => setMuted(!isMuted)}>
          Mute
        </button>
        <button type="button" aria-disabled={!canInterrupt} onClick={interrupt}>
          Interrupt
        </button>
      </div>
    </section>
  )
}

const names = { user: 'You', assistant: 'Desk' } as const

function Caption({ speaker, text, status, cut }: TranscriptLine) {
  return (
    <li data-speaker={speaker}>
      <span className="who">{names[speaker]}</span>
      <span className="words">{status === 'pending' ? '…' : (cut?.played ?? text)}</span>
      {cut && <span className="quiet">cut off</span>}
      {status === 'failed' && <span className="quiet">no transcript</span>}
    </li>
  )
}

const isWhole = ({ status }: TranscriptLine) => status !== 'pending' && status !== 'partial'
