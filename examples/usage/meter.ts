import { type RealtimeSession, runUsage, type UsageMeter, type UsageState } from 'realtime-primitives'

/**
 * Tracks the cost of a session, and refuses further responses at the limit. The prices are for this example; take them from
 * the price list of your service.
 */
export function meter(session: RealtimeSession, limit: number, print: (line: string) => void): UsageMeter {
  return runUsage(session, {
    prices: {
      'gpt-realtime-2.1': {
        input: { text: 4, audio: 32, image: 5 },
        cached: { text: 0.4, audio: 0.4, image: 0.5 },
        output: { text: 24, audio: 64 },
      },
      'gpt-realtime-whisper': { perMinute: 0.017 },
    },
    budget: {
      limit,
      warnAt: 0.5,
      action: 'refuse',
      onWarning: ({ total }) => print(`half of the budget is spent: ${total.cost?.exact}`),
      onExceeded: ({ total }) => print(`the budget is spent: ${total.cost?.exact}`),
    },
  })
}

/** A bill, line by line. */
export function billOf({ total, byModel, responses }: UsageState): string[] {
  const { input, cached, output, reasoning } = total
  return [
    ...responses.map(({ id, status, tokens, cost }, index) => {
      const words = tokens ? `${tokens.input.total} in, ${tokens.output.total} out` : 'not told'
      return `response ${index + 1} ${status}: ${words}, ${cost?.exact ?? '?'} (${id.slice(0, 5)}…)`
    }),
    `input: ${input.total} tokens, ${input.text} text, ${input.audio} audio; of these ${cached.total} cached`,
    `output: ${output.total} tokens, ${output.text} text, ${output.audio} audio; of these ${reasoning} reasoning`,
    ...Object.entries(byModel).map(([model, { cost }]) => `${model}: ${cost?.exact}`),
    `total: ${total.cost?.exact}`,
  ]
}
