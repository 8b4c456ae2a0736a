import { readRecordedCall } from '../../testing/replay/recorded-call.js'
import { createProblemLog } from '../../testing/replay/report.js'

/** Options of {@link testFileOf}. */
export interface TestFileOptions {
  /** Name of the test: the file name of the recording. */
  readonly name: string
  /** URL of the recording relative to the test, such as `./call.jsonl`. */
  readonly recordingUrl: string
  /** Module that exports `createAgent(transport, clock)`, relative to the test. `undefined` to write a session into the test. */
  readonly agentModule: string | undefined
}

/** Returns a vitest file that plays a recording into an agent. */
export function testFileOf(recording: string, { name, recordingUrl, agentModule }: TestFileOptions): string {
  const call = readRecordedCall(recording)
  const log = createProblemLog()
  for (const step of call.steps) {
    if (step.kind === 'received') log.received(step.event, step.line)
    if (step.kind === 'sent') log.sent(step.event)
  }
  const problems = log.problems()
  const update = call.steps.find((step) => step.kind === 'sent' && step.event.type === 'session.update')
  const config = update?.kind === 'sent' && call.text === 'keep' ? update.event.session : undefined
  const assertion =
    problems.length === 0
      ? ['expect(report.departures).toEqual([])', 'expect(report.problems).toEqual([])']
      : [
          '// The recorded call has problems, so an agent without them departs from it:',
          ...problems.map((problem) =>
            problem.kind === 'error'
              ? `// line ${problem.line}: the server reported the error ${problem.code ?? 'without a code'}`
              : `// line ${problem.line}: the function ${problem.name} was called and got no result`,
          ),
          'expect(report.problems).toEqual([])',
        ]
  const title = problems.length === 0 ? 'the agent does what it did in the recorded call' : 'the call has no problems'
  return [
    ...(agentModule === undefined
      ? ["import { type Clock, createSession, type Transport } from 'realtime-primitives'"]
      : []),
    "import { createManualClock, replaying, settleOn } from 'realtime-primitives/testing'",
    "import { loadRecording } from 'realtime-primitives/testing/node'",
    "import { expect, test } from 'vitest'",
    ...(agentModule === undefined ? [] : [`import { createAgent } from ${quoted(agentModule)}`]),
    '',
    ...(agentModule === undefined ? [...agentLines(config), ''] : []),
    `test(${quoted(`${name}: ${title}`)}, async () => {`,
    `  const { recording, audio } = await loadRecording(new URL(${quoted(recordingUrl)}, import.meta.url))`,
    '  const clock = createManualClock()',
    '  const transport = replaying(recording, { clock, audio })',
    '  const session = createAgent(transport, clock)',
    '  transport.drive(session)',
    '  await settleOn(clock, Promise.all([session.connect(), transport.finished]))',
    '  await settleOn(clock, session.close())',
    '  const report = transport.report()',
    ...assertion.map((line) => `  ${line}`),
    '})',
    '',
  ].join('\n')
}

function agentLines(config: unknown): readonly string[] {
  const { type: _, ...fields } = (config ?? {}) as Record<string, unknown>
  const settings = config === undefined ? '' : `, config: ${JSON.stringify(fields, null, 2).replaceAll('\n', '\n  ')}`
  return [
    '// Replace this function with the one that creates your agent, with its tools.',
    'function createAgent(transport: Transport, clock: Clock) {',
    `  return createSession({ transport, clock${settings} })`,
    '}',
  ]
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
