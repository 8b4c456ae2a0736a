import { createRememberedIds } from '../../internal/remembered-ids.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { isInBand } from '../../session/state/response.js'
import { onConnectionLoss } from '../connection-loss.js'

/** The part of a session that reports what is played of the assistant's audio. */
export type PlayedSession = Pick<RealtimeSession, 'on' | 'getState' | 'playback' | 'clock'>

/** Listeners of {@link watchAssistantSpeech}. Times are in milliseconds of the session's clock. */
export interface AssistantSpeechListeners {
  /** The assistant started or stopped speaking. */
  onSpeaking(isSpeaking: boolean): void
  /** Playback of an item starts. */
  onStart(itemId: string, atMs: number): void
  /** Playback of an item ends. `atMs` is in the future while audio of the item is left. */
  onEnd(itemId: string, atMs: number): void
}

/** How often a player is checked that has not reported the rest of its audio, in milliseconds. */
const playerCheckMs = 50

/** How many out-of-band responses are remembered, because audio can arrive after the end of a response. */
const rememberedResponses = 64

/**
 * Follows when the assistant's audio is played. Returns an unsubscribe function.
 *
 * Where audio travels in events, playback is assumed to start on arrival and to last as long as the audio. A player that reports to
 * `session.playback` corrects that. Where audio travels on media tracks, the server reports when it plays.
 */
export function watchAssistantSpeech(session: PlayedSession, listeners: AssistantSpeechListeners): () => void {
  const { playback, clock } = session
  /** Audio of running responses, by item. */
  const received = new Map<string, { readonly responseId: string; ms: number; isEnded: boolean }>()
  const outOfBand = createRememberedIds(rememberedResponses)
  let isSpeaking = false
  let playedUntilMs = 0
  let currentItemId: string | undefined
  /** The response whose audio the server plays on a media track. */
  let servedResponseId: string | undefined
  let cancelCheck: (() => void) | undefined

  for (const response of Object.values(session.getState().responses.byId))
    if (!response.isInBand) outOfBand.add(response.id)

  function setSpeaking(next: boolean): void {
    if (next === isSpeaking) return
    isSpeaking = next
    listeners.onSpeaking(next)
  }

  function stopSpeaking(): void {
    cancelCheck?.()
    cancelCheck = undefined
    currentItemId = undefined
    playedUntilMs = Math.min(playedUntilMs, clock.now())
    setSpeaking(false)
  }

  /** Stops speaking if all audio was played. Otherwise checks again when the rest should have been played. */
  function checkPlayback(): void {
    cancelCheck?.()
    cancelCheck = undefined
    if (currentItemId === undefined) return
    const parts = playback.progress(currentItemId)
    const hasPlayer = playback.isPlaying || parts.some(({ playedMs }) => playedMs > 0)
    const unplayedMs = parts.reduce((sum, part) => sum + part.receivedMs - part.playedMs, 0)
    const leftMs = playedUntilMs - clock.now()
    // The player may be busy with another item, or stuck. Audio is played in the order of arrival, so the last item decides.
    if (playback.isPlaying && unplayedMs >= 1)
      cancelCheck = clock.after(Math.max(playerCheckMs, unplayedMs), checkPlayback)
    else if (hasPlayer || leftMs <= 0) stopSpeaking()
    else cancelCheck = clock.after(leftMs, checkPlayback)
  }

  function onAudio(responseId: string, itemId: string): void {
    const totalMs = playback.progress(itemId).reduce((sum, { receivedMs }) => sum + receivedMs, 0)
    const addedMs = totalMs - (received.get(itemId)?.ms ?? 0)
    // Late audio of an interrupted response is not played.
    if (addedMs <= 0) return
    const fromMs = Math.max(clock.now(), playedUntilMs)
    if (!received.has(itemId)) listeners.onStart(itemId, fromMs)
    received.set(itemId, { responseId, ms: totalMs, isEnded: false })
    playedUntilMs = fromMs + addedMs
    currentItemId = itemId
    setSpeaking(true)
    if (!cancelCheck) cancelCheck = clock.after(playedUntilMs - clock.now(), checkPlayback)
  }

  /** The server has no running responses: the connection was lost, or it is a new one. */
  function disconnect(): void {
    received.clear()
    stopSpeaking()
  }

  const messagesOf = (responseId: string) =>
    (session.getState().responses.byId[responseId]?.output ?? []).filter(({ item }) => item.type === 'message')

  function onServerStoppedPlaying({ response_id }: { response_id: string }): void {
    servedResponseId = undefined
    const last = messagesOf(response_id).at(-1)
    if (last) listeners.onEnd(last.id, clock.now())
    stopSpeaking()
  }

  const subscriptions = [
    session.on('response.created', ({ response }) => {
      if (!isInBand(response)) outOfBand.add(response.id)
    }),
    session.on('response.output_audio.delta', ({ response_id, item_id }) => {
      if (!outOfBand.has(response_id)) onAudio(response_id, item_id)
    }),
    session.on('response.output_audio.done', ({ item_id }) => {
      const item = received.get(item_id)
      if (!item) return
      item.isEnded = true
      listeners.onEnd(item_id, playedUntilMs)
      checkPlayback()
    }),
    session.on('response.done', ({ response }) => {
      for (const [itemId, { responseId, isEnded }] of received)
        if (responseId === response.id) {
          received.delete(itemId)
          // Servers may omit `response.output_audio.done`.
          if (!isEnded) listeners.onEnd(itemId, response.status === 'cancelled' ? clock.now() : playedUntilMs)
        }
      // Without a player that reports otherwise, a cancelled response stops playing at once.
      const isCancelled = response.status === 'cancelled' && !outOfBand.has(response.id)
      if (isCancelled && !playback.isPlaying) stopSpeaking()
    }),
    session.on('interrupted', ({ played }) => {
      if (played) listeners.onEnd(played.itemId, clock.now())
      for (const item of received.values()) item.isEnded = true
      stopSpeaking()
    }),
    session.on('output_audio_buffer.started', ({ response_id }) => {
      const first = messagesOf(response_id)[0]
      if (first) listeners.onStart(first.id, clock.now())
      servedResponseId = response_id
      setSpeaking(true)
    }),
    session.on('output_audio_buffer.stopped', onServerStoppedPlaying),
    session.on('output_audio_buffer.cleared', onServerStoppedPlaying),
    onConnectionLoss(session, () => {
      // The report of the server that it has stopped would be missed.
      if (servedResponseId !== undefined) onServerStoppedPlaying({ response_id: servedResponseId })
    }),
    session.on('session.created', disconnect),
    session.on('close', disconnect),
  ]
  return () => {
    cancelCheck?.()
    for (const unsubscribe of subscriptions.splice(0)) unsubscribe()
  }
}
