/** Frames that wait while there is no connection. */
export interface Outbox {
  /** Keeps a frame. Of sound, the oldest is dropped when more than the limit waits; of the rest, nothing. */
  push(event: { readonly type: string; readonly event_id?: string | undefined }, frame: string): void
  /** Whether the frame of an event waits here. */
  has(eventId: string | undefined): boolean
  /** Hands over every frame in order and forgets it; when handing over fails, the rest stays. */
  drain(send: (frame: string) => void): void
  /** How many frames of sound were dropped since the last call. */
  takeDropped(): number
  clear(): void
}

export function createOutbox(maxAudioBytes: number): Outbox {
  let frames: { id: string | undefined; isAudio: boolean; frame: string }[] = []
  let audioBytes = 0
  let dropped = 0

  function dropOldestAudio(): void {
    const index = frames.findIndex(({ isAudio }) => isAudio)
    const [oldest] = frames.splice(index, 1)
    audioBytes -= oldest?.frame.length ?? 0
    dropped += 1
  }

  return {
    push({ type, event_id: id }, frame) {
      const isAudio = type.endsWith('input_audio_buffer.append')
      frames.push({ id, isAudio, frame })
      if (isAudio) audioBytes += frame.length
      while (isAudio && audioBytes > maxAudioBytes) dropOldestAudio()
    },
    has: (eventId) => eventId !== undefined && frames.some(({ id }) => id === eventId),
    drain(send) {
      while (frames[0]) {
        const [{ isAudio, frame }] = frames as [(typeof frames)[number]]
        send(frame)
        frames.shift()
        if (isAudio) audioBytes -= frame.length
      }
    },
    takeDropped() {
      const count = dropped
      dropped = 0
      return count
    },
    clear() {
      frames = []
      audioBytes = 0
    },
  }
}
