/// <reference lib="esnext.disposable" preserve="true" />

/** Something that runs until it is stopped. With `using`, it stops at the end of the block. */
export interface Stoppable {
  /** Stops it and releases all resources. Further calls have no effect. */
  stop(): void
  /** Calls {@link Stoppable.stop}. It exists only in runtimes that have `Symbol.dispose`. */
  [Symbol.dispose](): void
}

/** Adds `[Symbol.dispose]` to an object with a `stop` function, unless the runtime has no such symbol. */
export function asStoppable<Feature extends { stop(): void }>(feature: Feature): Feature & Stoppable {
  defineMethod(feature, Symbol.dispose, () => void feature.stop())
  return feature as Feature & Stoppable
}

/** Something that stops with a request to the server. With `await using`, it stops at the end of the block. */
export interface AsyncStoppable {
  /** Stops it. Further calls have no effect. */
  stop(): Promise<void>
  /** Calls {@link AsyncStoppable.stop}. It exists only in runtimes that have `Symbol.asyncDispose`. */
  [Symbol.asyncDispose](): Promise<void>
  /** Calls {@link AsyncStoppable.stop} and ignores its failure. It exists only in runtimes that have `Symbol.dispose`. */
  [Symbol.dispose](): void
}

/** Adds `[Symbol.asyncDispose]` and `[Symbol.dispose]` to an object with a `stop` function, unless the runtime has no such symbols. */
export function asAsyncStoppable<Feature extends { stop(): Promise<void> }>(feature: Feature): Feature & AsyncStoppable {
  defineMethod(feature, Symbol.asyncDispose, () => feature.stop())
  defineMethod(feature, Symbol.dispose, () => void feature.stop().catch(() => {}))
  return feature as Feature & AsyncStoppable
}

function defineMethod(target: object, symbol: symbol | undefined, value: () => unknown): void {
  if (symbol !== undefined) Object.defineProperty(target, symbol, { value })
}
