/** A media track that can be disabled. */
export interface SilenceableTrack {
  enabled: boolean
}

/** Disables tracks, and enables only tracks that it disabled. */
export interface TrackSilencer {
  /** Disables a track. Ignores a track that the app disabled. */
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
