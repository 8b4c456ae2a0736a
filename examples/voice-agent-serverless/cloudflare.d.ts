declare module 'cloudflare:workers' {
  type ObjectState = import('./workers.js').ObjectState

  /** What every Durable Object extends. */
  export abstract class DurableObject<Env> {
    protected readonly ctx: ObjectState
    protected readonly env: Env
    constructor(ctx: ObjectState, env: Env)
  }
}
