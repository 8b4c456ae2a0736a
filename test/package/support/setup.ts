import { rm } from 'node:fs/promises'
import type { TestProject } from 'vitest/node'
import { type Packed, pack } from './pack.js'

declare module 'vitest' {
  export interface ProvidedContext {
    packed: Packed
  }
}

/** Packs the library once for all tests of the packed package. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const packed = await pack()
  project.provide('packed', packed)
  return () => rm(packed.folder, { recursive: true, force: true })
}
