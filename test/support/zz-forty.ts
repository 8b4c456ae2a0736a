import { killedStates } from '../../examples/voice-agent-cluster/call-state.js'
import { createCluster } from './cluster.js'

const calls = Number(process.argv[2]),
  turns = Number(process.argv[3])
let s = Number(process.argv[4] ?? 7)
const random = () => {
  s = (s * 1103515245 + 12345) & 0x7fffffff
  return s / 0x7fffffff
}
const cluster = createCluster(random)
let over = false
const ended = Promise.all(
  Array.from({ length: calls }, (_, i) => (i % 3 === 2 ? cluster.joined(turns) : cluster.telephone(turns))),
)
void ended.finally(() => {
  over = true
})
const kill = async (n: number): Promise<void> => {
  if (over || !(await cluster.killIn(killedStates[n % 3]!))) return
  cluster.clock.after(1500 + random() * 2500, () => void kill(n + 1))
}
cluster.clock.after(2000, () => void kill(0))
const t0 = performance.now()
const logs = await cluster.until(ended, 1_200_000)
console.log(
  'done',
  cluster.clock.now(),
  ((performance.now() - t0) / 1000).toFixed(0),
  logs.flatMap((l) => l.problems.map((p) => l.key + ': ' + p)),
  cluster.check().slice(0, 9),
)
