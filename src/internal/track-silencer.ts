/** The part of a media track that silencing needs. */
export interface SilenceableTrack {
  enabled: boolean
}

/** Disables tracks, and enables only those again that it disabled itself. */
export interface TrackSilencer {
  /** Disables a track. A track that the app has disabled already is left alone. */
  silence(track: SilenceableTrack): void
  /** Enables a track that `silence` disabled. A track that the app disabled stays disabled. */
  restore(track: SilenceableTrack): void
}

export function createTrackSilencer(): TrackSilencer {
  const silenced = new WeakSet<SilenceableTrack>()
  return {
    silence(track) {
      if (!track.enabled) return
      track.enabled = false
      silenced.add(track)
    },
    restore(track) {
      if (silenced.delete(track)) track.enabled = true
    },
  }
}
