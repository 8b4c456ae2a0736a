// Kills a node of the running cluster, as `kill -9` does: npx tsx examples/voice-agent-cluster/kill.ts <router URL> [name]
import type { ClusterNode } from './router.js'

const [router = '', name] = process.argv.slice(2)
const nodes = (await (await fetch(`${router}/nodes`)).json()) as ClusterNode[]
const victim = nodes.find((node) => node.name === name) ?? nodes[0]
if (!victim) throw new Error('No node is alive.')
process.kill(victim.pid, 'SIGKILL')
console.log(`${victim.name} is dead`)
