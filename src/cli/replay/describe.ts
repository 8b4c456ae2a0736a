import type { CallProblem, Departure } from '../../testing/replay/report.js'

/** Returns a departure in one line. Text appears only if the recording contains text. */
export function describeDeparture({ kind, type, line, differences = [] }: Departure): string {
  const place = line === undefined ? '' : `line ${line}: `
  switch (kind) {
    case 'missing':
      return `${place}${type} was not sent`
    case 'unexpected':
      return `${type} is not in the recording at this point`
    case 'late':
      return `${place}${type} was sent too late`
    case 'order':
      return `${place}${type} was sent after an event that it precedes in the recording`
    case 'different':
      return `${place}${type}: ${differences.map(({ path, expected, received }) => `${path} is ${shown(received)} instead of ${shown(expected)}`).join(', ')}`
  }
}

/** Returns a problem of a call in one line. */
export function describeProblem(problem: CallProblem): string {
  return problem.kind === 'error'
    ? `line ${problem.line}: the server reported the error ${problem.code ?? 'without a code'}`
    : `line ${problem.line}: the function ${problem.name} was called and got no result`
}

const longest = 80

function shown(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
