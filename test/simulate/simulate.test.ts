import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { kinds } from './kinds.js'
import { createPlan } from './plan.js'
import { seeds } from './seeds.js'
import { shrink } from './shrink.js'
import { simulate } from './simulate.js'

/** Sessions of each kind in one run of the tests. The nightly workflow runs more, with new seeds. */
const sessions: Readonly<Record<string, number>> = {
  realtime: 140,
  transcription: 400,
  translation: 800,
  sideband: 40,
  webrtc: 40,
  twilio: 20,
}
const seed = 20_261_129
const timeoutMs = 1_200_000

describe('simulator', () => {
  it.each([...kinds.values()].map((kind) => [kind.name, kind] as const))(
    '%s: no session breaks a law',
    async (name, kind) => {
      for (let index = 0; index < (sessions[name] ?? 300); index++) {
        const { violations } = await simulate(kind, createPlan(kind, seed, index))
        expect(violations, `npm run simulate -- --seed ${seed} --kind ${name} --only ${index} --verbose`).toEqual([])
      }
    },
    timeoutMs,
  )

  it.each(seeds.map((plan) => [plan.fault, plan] as const))('stored plan: %s', async (_fault, plan) => {
    const kind = kinds.get(plan.kind)
    if (!kind) throw new Error(`there is no kind of session named ${plan.kind}`)
    expect((await simulate(kind, plan)).violations).toEqual([])
  })

  it(
    'prints the same for the same seed in two processes',
    async () => {
      const [first, second] = await Promise.all([output(), output()])
      expect(first).toContain('hash ')
      expect(second).toBe(first)
    },
    timeoutMs,
  )

  it.each([...kinds.values()].map((kind) => [kind.name, kind] as const))(
    '%s: two runs of one plan have the same journal',
    async (_name, kind) => {
      for (let index = 0; index < 2; index++) {
        const plan = createPlan(kind, seed, index)
        const [first, second] = [await simulate(kind, plan), await simulate(kind, plan)]
        expect(second.journal.lines).toEqual(first.journal.lines)
      }
    },
    timeoutMs,
  )

  it('offers at least 20 kinds of actions and 20 kinds of faults', () => {
    const names = (part: 'actions' | 'faults') =>
      new Set([...kinds.values()].flatMap((kind) => Object.keys(kind[part])))
    expect(names('actions').size).toBeGreaterThanOrEqual(20)
    expect(names('faults').size).toBeGreaterThanOrEqual(20)
  })

  it('shrinks a failing plan to the steps that it needs', async () => {
    const steps = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => ({ name, waitMs: 7, seed: 1 }))
    const needs =
      (...names: string[]) =>
      (plan: { steps: readonly { name: string }[] }) =>
        Promise.resolve(names.every((name) => plan.steps.some((step) => step.name === name)))
    const shrunk = await shrink({ kind: 'realtime', seed: 1, steps }, needs('c', 'f'))
    expect(shrunk.steps.map(({ name, waitMs }) => [name, waitMs])).toEqual([
      ['c', 0],
      ['f', 0],
    ])
  })
})

async function output(): Promise<string> {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const args = ['node_modules/tsx/dist/cli.mjs', 'test/simulate/main.ts', '--seed', '4', '--sessions', '3']
  return (await promisify(execFile)(process.execPath, args, { cwd: root })).stdout
}
