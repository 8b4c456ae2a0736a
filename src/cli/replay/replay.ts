import { existsSync, writeFileSync } from 'node:fs'
import { basename, dirname, relative, resolve, sep } from 'node:path'
import { isRealtimeError } from '../../errors.js'
import { type LoadedRecording, loadRecording } from '../../testing/node/load-recording.js'
import type { ReplayReport } from '../../testing/replay/report.js'
import { reasonOf } from '../doctor/walk.js'
import { type Command, exitCodes, type Io, paintFor } from '../io.js'
import { readPort, startCommand, usageError } from '../options.js'
import { describeDeparture, describeProblem } from './describe.js'
import { type ReplayServer, serveReplay } from './serve-replay.js'
import { testFileOf } from './test-file.js'

const help = `Usage: realtime-primitives replay <recording.jsonl> [options]

Serves a recording on 127.0.0.1 as a server, and reports where a client departs from it. Identifiers, times, and the size of audio chunks may
differ. Audio that was kept beside the recording is sent, and otherwise silence.

  --port <number>        port to listen on (default: a free port)
  --pace <number|max>    speed relative to the recording; max does not wait (default: 1)
  --patience <ms>        how long to wait for an event of the client (default: 5000)
  --tolerance <ms>       how much times such as audio_end_ms may differ (default: 1000)
  --ignore <field>       name of a field that is not compared; can be repeated
  --once                 stop after the first call
  --report <file>        write the report of all calls as JSON

  --write-test <file>    write a vitest file that plays the recording into an agent, and serve nothing
  --agent <module>       module of the test's agent; it exports createAgent(transport, clock), which returns a session

Exit code: 0 no departures; 1 a client departed from the recording, or no client has connected; 2 invalid arguments or recording.
`

const options = {
  port: { type: 'string', default: '0' },
  pace: { type: 'string', default: '1' },
  patience: { type: 'string', default: '5000' },
  tolerance: { type: 'string', default: '1000' },
  ignore: { type: 'string', multiple: true },
  once: { type: 'boolean', default: false },
  report: { type: 'string' },
  'write-test': { type: 'string' },
  agent: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** The `realtime-primitives replay` command. */
export const replay: Command = async (args, io) => {
  const started = startCommand(args, io, { options, help })
  if (started.exitCode !== undefined) return started.exitCode
  const { values, positionals } = started
  const [file] = positionals
  if (file === undefined || positionals.length > 1) return usageError(io, help, 'Name one recording')
  const port = readPort(values.port)
  if (port === undefined) return usageError(io, help, '--port is a number up to 65535')
  const pace = values.pace === 'max' ? Number.POSITIVE_INFINITY : Number(values.pace)
  if (!(pace > 0)) return usageError(io, help, '--pace is a number above 0, or max')
  const patienceMs = Number(values.patience)
  if (!(patienceMs >= 0)) return usageError(io, help, '--patience is a number of milliseconds')
  const toleranceMs = Number(values.tolerance)
  if (!(toleranceMs >= 0)) return usageError(io, help, '--tolerance is a number of milliseconds')
  if (values.agent !== undefined && values['write-test'] === undefined)
    return usageError(io, help, '--agent belongs to --write-test')

  const path = resolve(io.cwd, file)
  const loaded = await loadRecording(path).catch((error: unknown) => error as Error)
  if (loaded instanceof Error) return fileError(io, `${file} cannot be read: ${reasonOf(loaded)}`)
  try {
    if (values['write-test'] !== undefined) return writeTest(loaded, path, values['write-test'], values.agent, io)
    const settings = { port, pace, patienceMs, toleranceMs, ignore: values.ignore ?? [], audio: loaded.audio }
    return await serveUntilStopped(loaded, settings, { once: values.once, report: values.report }, io)
  } catch (error) {
    if (!isRealtimeError(error)) throw error
    return fileError(io, `${file}: ${error.shortMessage}`)
  }
}

function writeTest(
  { recording }: LoadedRecording,
  path: string,
  target: string,
  agent: string | undefined,
  io: Io,
): number {
  const testPath = resolve(io.cwd, target)
  if (existsSync(testPath)) return fileError(io, `${target} exists. Remove it, or choose another name.`)
  const relativeTo = (other: string) => {
    const url = relative(dirname(testPath), other).split(sep).join('/')
    return url.startsWith('.') ? url : `./${url}`
  }
  const agentModule = agent === undefined ? undefined : relativeTo(resolve(io.cwd, agent)).replace(/\.ts$/, '.js')
  writeFileSync(testPath, testFileOf(recording, { name: basename(path), recordingUrl: relativeTo(path), agentModule }))
  io.out(`${target} plays ${basename(path)} into ${agent ?? 'a session'}. Run it: npx vitest run ${target}\n`)
  return exitCodes.ok
}

async function serveUntilStopped(
  { recording }: LoadedRecording,
  settings: Omit<Parameters<typeof serveReplay>[1], 'onCall'>,
  { once, report }: { readonly once: boolean; readonly report: string | undefined },
  io: Io,
): Promise<number> {
  const stopped = new AbortController()
  const server: ReplayServer | NodeJS.ErrnoException = await serveReplay(recording, {
    ...settings,
    onCall(result) {
      printReport(result, io)
      if (once) stopped.abort()
    },
  }).catch((error: NodeJS.ErrnoException) => error)
  if (server instanceof Error) {
    if (isRealtimeError(server)) throw server
    return fileError(
      io,
      server.code === 'EADDRINUSE' ? `Port ${settings.port} is taken; choose another, or none.` : server.message,
    )
  }
  io.out(`The recording is served at ws://127.0.0.1:${server.port}/v1/realtime

  OPENAI_BASE_URL=http://127.0.0.1:${server.port}/v1
  OPENAI_API_KEY=any

Press Ctrl-C to stop.
`)
  const signal = AbortSignal.any([io.signal, stopped.signal])
  if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
  const reports = server.reports()
  await server.close()
  if (report !== undefined) writeFileSync(resolve(io.cwd, report), `${JSON.stringify({ calls: reports }, null, 2)}\n`)
  if (reports.length === 0) io.err('No client has connected.\n')
  const isClean = reports.length > 0 && reports.every(({ departures }) => departures.length === 0)
  return isClean ? exitCodes.ok : exitCodes.findings
}

function printReport({ departures, problems, isComplete }: ReplayReport, io: Io): void {
  const paint = paintFor(io)
  for (const departure of departures) io.out(`${paint.red('✗')} ${describeDeparture(departure)}\n`)
  for (const problem of problems) io.out(`${paint.yellow('!')} ${describeProblem(problem)}\n`)
  const summary = departures.length === 0 ? 'no departures' : `${departures.length} departures`
  io.out(`The call ended: ${summary}${isComplete ? '' : ', and the recording was not played to its end'}.\n`)
}

function fileError(io: Io, problem: string): number {
  io.err(`${problem}\n`)
  return exitCodes.usage
}
