import { isRealtimeError } from 'realtime-primitives'
import { Problem, runDemo } from './demo.js'

runDemo(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof Problem) && !isRealtimeError(error)) throw error
  console.error(error.message)
  process.exitCode = 1
})
