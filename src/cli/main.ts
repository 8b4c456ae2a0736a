#!/usr/bin/env node
import { createInterface } from 'node:readline/promises'
import { type Command, exitCodes, type Io } from './io.js'
import { packageVersion } from './version.js'

const help = `Usage: realtime-primitives <command> [options]

  demo                               hold a spoken conversation in the terminal
  init <folder>                      create a voice agent: a page with a server, or an agent for telephone calls
  play                               serve a page to try settings, voices, and tools
  doctor <files|folders|log.jsonl>   find code and logs that use the beta Realtime API, and fix them
  emulate                            serve an emulated Realtime API on this machine, without an API key
   load                               hold many spoken calls at once, and measure delay, gaps, CPU, and memory
   inspect <recording.jsonl>          print a recording as a timeline, or write a page of a call
  record                             record the calls of any client, as a proxy
  replay <recording.jsonl>           serve a recording as a server, or write a test that plays it

  --help       print this help, or the options of a command
  --version    print the version of the package
`

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./demo.js')).demo,
  init: async () => (await import('./init.js')).init,
  play: async () => (await import('./play.js')).play,
  doctor: async () => (await import('./doctor/doctor.js')).doctor,
  emulate: async () => (await import('./emulate.js')).emulate,
  load: async () => (await import('./load/load.js')).load,
  inspect: async () => (await import('./inspect/inspect.js')).inspect,
  record: async () => (await import('./record/record.js')).record,
  replay: async () => (await import('./replay/replay.js')).replay,
}

async function run([name, ...args]: readonly string[], io: Io): Promise<number> {
  if (name === '--version' || name === '-v') {
    io.out(`${packageVersion()}\n`)
    return exitCodes.ok
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    io.out(help)
    return exitCodes.ok
  }
  const load = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load === undefined) {
    io.err(name === undefined ? help : `Unknown command "${name}".\n\n${help}`)
    return exitCodes.usage
  }
  return (await load())(args, io)
}

async function ask(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await lines.question(`${question} [y/N] `)
  lines.close()
  return /^y(es)?$/i.test(answer.trim())
}

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
// The reader of a pipe may close it early: `| head`.
process.stdout.on('error', () => process.exit())

const io: Io = {
  cwd: process.cwd(),
  env: process.env,
  isTerminal: process.stdout.isTTY === true && process.stdin.isTTY === true,
  today: new Date().toISOString().slice(0, 10),
  signal: interrupted.signal,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  ask,
}

try {
  process.exitCode = await run(process.argv.slice(2), io)
} catch (error) {
  io.err(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = exitCodes.usage
}
