import { describe, expect, it } from 'vitest'
import { plant } from './build.js'
import { mutants } from './mutants.js'

describe('mutants of the simulator', () => {
  it('has at least 40 mutants with names of their own', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
    expect(mutants.length).toBeGreaterThanOrEqual(40)
  })

  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s: matches the source once', (_name, mutant) => {
    expect(plant(mutant)).not.toBe('')
  })
})
