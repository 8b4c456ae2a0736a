import type { Plan } from './plan.js'

/** Shortest plans of failures that the simulator has found. Each is simulated by the tests. */
export const seeds: readonly (Plan & { readonly fault: string })[] = []
