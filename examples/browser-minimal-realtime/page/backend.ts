import type { Line, LineOptions } from './lines.js'

/** How calls of the page connect. */
export type Way = 'webrtc' | 'websocket' | 'in-page'

/** What the page talks to. */
export interface Backend {
  /** Shown below the title. */
  readonly description: string
  readonly model: string
  /** Kinds of connection that the user can choose from. */
  readonly ways: readonly Way[]
  createLine(way: Way, options: LineOptions): Line
}
