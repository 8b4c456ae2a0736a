import type { Plan } from './plan.js'

/**
 * Removes steps of a plan as long as it still fails, and shortens the waits before the others. `fails` runs a plan. At most `maxRuns` plans
 * are run.
 */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>, maxRuns = 400): Promise<Plan> {
  let smallest = plan
  let runs = 0

  async function accept(candidate: Plan): Promise<boolean> {
    if (runs >= maxRuns) return false
    runs += 1
    if (!(await fails(candidate))) return false
    smallest = candidate
    return true
  }

  // The waits before removed steps stay, so that the others happen at the same time.
  const without = (from: number, count: number): Plan => {
    const { steps } = smallest
    const removedMs = steps.slice(from, from + count).reduce((sum, { waitMs }) => sum + waitMs, 0)
    const rest = steps
      .slice(from + count)
      .map((step, index) => (index === 0 ? { ...step, waitMs: step.waitMs + removedMs } : step))
    return { ...smallest, steps: [...steps.slice(0, from), ...rest] }
  }

  for (let size = Math.ceil(plan.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < smallest.steps.length; ) {
      const isRemoved = await accept(without(from, Math.min(size, smallest.steps.length - from)))
      if (!isRemoved) from += size
    }
  }
  for (let index = 0; index < smallest.steps.length; index++) {
    const steps = smallest.steps.map((step, other) => (other === index ? { ...step, waitMs: 0 } : step))
    if (smallest.steps[index]?.waitMs !== 0) await accept({ ...smallest, steps })
  }
  return smallest
}
