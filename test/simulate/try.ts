import { kinds } from './kinds.js'
import { createPlan } from './plan.js'
import { simulate } from './simulate.js'
const [seed, count, name='realtime', verbose] = process.argv.slice(2)
const kind = kinds.get(name)!
let bad = 0
const t=performance.now()
const laws: Record<string,[number,string]> = {}
const only = process.env.ONLY
for (let i = 0; i < Number(count); i++) {
  if (only && i !== Number(only)) continue
  const plan = createPlan(kind, Number(seed), i)
  const { violations, journal } = await simulate(kind, plan)
  if (verbose) console.log(journal.lines.join('\n'))
  if (violations.length) { bad++; for (const v of violations) (laws[v.law] ??= [0, `${i}: ${v.detail}`])[0]++ }
}
console.log(bad, 'bad', ((performance.now()-t)/Number(count)).toFixed(1), 'ms each'); console.log(laws)
