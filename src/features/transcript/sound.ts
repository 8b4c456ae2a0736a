import type { Clock } from '../../internal/clock.js'
import type { RealtimeSession } from '../../session/realtime.js'

/** The part of a session that tells what is heard of the assistant. */
export type HeardSession = Pick<RealtimeSession, 'on' | 'getState' | 'playback'>

/** What the watch tells. Times are those of the clock. */
export interface SoundListeners {
  /** The assistant began to speak or fell silent. */
  onSpeaking(isSpeaking: boolean): void
  /** An item begins to be heard. */
  onStart(itemId: string, atMs: number): void
  /** An item has been heard, or fell silent; with sound that is still ahead, when it will have been. */
  onEnd(itemId: string, atMs: number): void
}

/** How often to look, in milliseconds, at a player that has not reported what it still has to play. */
const lookMs = 50

/**
 * Watches what is heard of the assistant. Where the sound travels in the events it is heard from its arrival on, for as long as it
 * lasts; a player that feeds the ledger corrects that. Where it travels beside them the server says when it plays.
 */
export function watchSound(session: HeardSession, clock: Clock, listeners: SoundListeners): () => void {
  const { playback } = session
  /** Milliseconds received, by item, of responses that run. */
  const received = new Map<string, { readonly responseId: string; ms: number; isEnded: boolean }>()
  let isSpeaking = false
  let heardUntilMs = 0
  let current: string | undefined
  let cancelLook: (() => void) | undefined

  function setSpeaking(next: boolean): void {
    if (next === isSpeaking) return
    isSpeaking = next
    listeners.onSpeaking(next)
  }

  function fallSilent(): void {
    cancelLook?.()
    cancelLook = undefined
    current = undefined
    heardUntilMs = Math.min(heardUntilMs, clock.now())
    setSpeaking(false)
  }

  function look(): void {
    cancelLook?.()
    cancelLook = undefined
    if (current === undefined) return
    const heard = playback.heard(current)
    const isFed = playback.isPlaying || heard.some(({ heardMs }) => heardMs > 0)
    const unheardMs = heard.reduce((sum, part) => sum + part.receivedMs - part.heardMs, 0)
    const leftMs = heardUntilMs - clock.now()
    // Something else may be playing, or waiting for ever: the last sound that came is the last to be heard.
    if (playback.isPlaying && unheardMs >= 1) cancelLook = clock.after(Math.max(lookMs, unheardMs), look)
    else if (isFed || leftMs <= 0) fallSilent()
    else cancelLook = clock.after(leftMs, look)
  }

  function onSound(responseId: string, itemId: string): void {
    const totalMs = playback.heard(itemId).reduce((sum, { receivedMs }) => sum + receivedMs, 0)
    const moreMs = totalMs - (received.get(itemId)?.ms ?? 0)
    // Stragglers of an interrupted answer are not heard.
    if (moreMs <= 0) return
    const fromMs = Math.max(clock.now(), heardUntilMs)
    if (!received.has(itemId)) listeners.onStart(itemId, fromMs)
    received.set(itemId, { responseId, ms: totalMs, isEnded: false })
    heardUntilMs = fromMs + moreMs
    current = itemId
    setSpeaking(true)
    if (!cancelLook) cancelLook = clock.after(heardUntilMs - clock.now(), look)
  }

  /** The connection is gone, and what ran with it. */
  function leave(): void {
    received.clear()
    fallSilent()
  }

  const isInBand = (responseId: string) => session.getState().responses.byId[responseId]?.isInBand !== false
  const messagesOf = (responseId: string) =>
    (session.getState().responses.byId[responseId]?.output ?? []).filter(({ item }) => item.type === 'message')

  function onPlayedByServer({ response_id }: { response_id: string }): void {
    const last = messagesOf(response_id).at(-1)
    if (last) listeners.onEnd(last.id, clock.now())
    fallSilent()
  }

  const undo = [
    session.on('response.output_audio.delta', ({ response_id, item_id }) => {
      if (isInBand(response_id)) onSound(response_id, item_id)
    }),
    session.on('response.output_audio.done', ({ item_id }) => {
      const item = received.get(item_id)
      if (!item) return
      item.isEnded = true
      listeners.onEnd(item_id, heardUntilMs)
      look()
    }),
    session.on('response.done', ({ response }) => {
      for (const [itemId, { responseId, isEnded }] of received)
        if (responseId === response.id) {
          received.delete(itemId)
          // Servers may omit `response.output_audio.done`.
          if (!isEnded) listeners.onEnd(itemId, response.status === 'cancelled' ? clock.now() : heardUntilMs)
        }
      // An answer that was stopped is not played to its end by anyone who does not say so.
      if (response.status === 'cancelled' && isInBand(response.id) && !playback.isPlaying) fallSilent()
    }),
    session.on('interrupted', ({ heard }) => {
      if (heard) listeners.onEnd(heard.itemId, clock.now())
      for (const item of received.values()) item.isEnded = true
      fallSilent()
    }),
    session.on('output_audio_buffer.started', ({ response_id }) => {
      const first = messagesOf(response_id)[0]
      if (first) listeners.onStart(first.id, clock.now())
      setSpeaking(true)
    }),
    session.on('output_audio_buffer.stopped', onPlayedByServer),
    session.on('output_audio_buffer.cleared', onPlayedByServer),
    session.on('session.created', leave),
    session.on('close', leave),
  ]
  return () => {
    cancelLook?.()
    for (const off of undo.splice(0)) off()
  }
}
