/** The WebRTC library of the emulator. */
export type Werift = typeof import('werift')

/** Loads werift. Returns `undefined` when it is not installed, because only WebRTC tests need it. */
export async function loadWerift(): Promise<Werift | undefined> {
  // Not a literal, so that bundlers do not include it.
  const name = 'werift'
  try {
    // Vite warns about each import whose target it cannot read.
    return (await import(/* @vite-ignore */ name)) as Werift
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}
