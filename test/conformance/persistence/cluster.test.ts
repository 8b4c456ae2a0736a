import { describe, expect, it } from 'vitest'
import { killedStates } from '../../../examples/voice-agent-cluster/call-state.js'
import { type CallLog, type Cluster, createCluster } from '../../support/cluster.js'
import { runs } from '../../support/runs.js'

const calls = runs({ usual: 6, certify: 40 })
const turns = runs({ usual: 5, certify: 12 })

/** Mulberry32, so that a failure can be repeated by its seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function startCalls(cluster: Cluster): Promise<CallLog[]> {
  return Promise.all(
    Array.from({ length: calls }, (_, index) => (index % 3 === 2 ? cluster.joined(turns) : cluster.telephone(turns))),
  )
}

/** Compares what the callers, the store, and the tools saw. */
async function check(cluster: Cluster, logs: readonly CallLog[]): Promise<void> {
  expect(logs.flatMap(({ key, problems }) => problems.map((problem) => `${key}: ${problem}`))).toEqual([])
  expect([...cluster.runs].filter(([, count]) => count > 1)).toEqual([])
  expect(cluster.runs.size).toBeGreaterThan(0)
  await cluster.until(Promise.resolve(), 100)
  await cluster.clock.advance(10_000)
  expect(await cluster.records()).toEqual([])
  expect(cluster.check()).toEqual([])
}

function report(title: string, logs: readonly CallLog[]): number[] {
  const pauses = logs.flatMap(({ pausesMs }) => pausesMs).sort((a, b) => a - b)
  const at = (share: number) => Math.round(pauses[Math.min(pauses.length - 1, Math.floor(pauses.length * share))] ?? 0)
  // biome-ignore lint/suspicious/noConsole: the numbers are the result of `npm run certify`
  console.log(`${title}: ${logs.length} calls, ${pauses.length} pauses, median ${at(0.5)} ms, p99 ${at(0.99)} ms`)
  return pauses
}

describe('calls in a cluster', () => {
  it('continue when their nodes are killed in the middle of sentences, tools, and handoffs, and no tool runs twice', async () => {
    const random = seeded(Number(process.env.SEED ?? 7))
    const cluster = createCluster(random)
    const ended = startCalls(cluster)
    let isOver = false
    void ended.finally(() => {
      isOver = true
    })
    const kills = { sentence: 0, tool: 0, handoff: 0 }
    async function killNext(count: number): Promise<void> {
      const state = killedStates[count % killedStates.length] ?? 'sentence'
      if (isOver || !(await cluster.killIn(state))) return
      kills[state] += 1
      cluster.clock.after(1_500 + random() * 2_500, () => void killNext(count + 1))
    }
    cluster.clock.after(2_000, () => void killNext(0))
    const logs = await cluster.until(ended, 1_200_000)
    // The states take turns, so each of them has a third of the kills.
    expect(Math.min(...Object.values(kills))).toBeGreaterThan(1)
    expect(Math.max(...Object.values(kills)) - Math.min(...Object.values(kills))).toBeLessThan(2)
    const pauses = report('killed', logs)
    expect(pauses.length).toBeGreaterThan(calls / 2)
    expect(pauses[Math.floor(pauses.length / 2)]).toBeLessThan(2_000)
    await check(cluster, logs)
  })

  it('continue over ten rolling deploys', async () => {
    const cluster = createCluster(seeded(11))
    const ended = startCalls(cluster)
    let deploys = 0
    const deploy = () => {
      if (deploys === 10) return
      deploys += 1
      void cluster.roll().then(() => cluster.clock.after(500, deploy))
    }
    cluster.clock.after(1_000, deploy)
    const logs = await cluster.until(ended, 1_200_000)
    report('deployed', logs)
    await check(cluster, logs)
  })
})
