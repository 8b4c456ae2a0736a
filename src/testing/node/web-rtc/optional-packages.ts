/** The WebRTC library of the emulator. */
export type Werift = typeof import('werift')

/**
 * The Opus library of the emulator. Versions before 0.4 corrupt their memory when they encode stereo frames of 40 ms or more
 * (https://github.com/openclaw/libopus-wasm, changelog of 0.4.0). The emulator encodes 20 ms of mono, so it works with 0.2, the last
 * version for Node.js 20.
 */
export type Opus = typeof import('libopus-wasm')

/** Loads werift. Returns `undefined` when it is not installed, because only WebRTC tests need it. */
export const loadWerift = () => load<Werift>('werift')

/** Loads `libopus-wasm`. Returns `undefined` when it is not installed, because only offers without G.711 need it. */
export const loadOpus = () => load<Opus>('libopus-wasm')

/**
 * Imports a package from where the program runs. Bundlers would replace the import by a function that finds no package, or include the
 * package: the comments tell webpack, Turbopack, and Vite to leave it as it is, and esbuild and Rollup do so because the name is no literal.
 */
async function load<Package>(name: string): Promise<Package | undefined> {
  try {
    return (await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name)) as Package
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}
