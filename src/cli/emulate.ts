import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createEmulator } from '../testing/emulator/emulator.js'
import { isEmulatorError } from '../testing/emulator/error.js'
import { emulatorOptions } from '../testing/emulator/option-schemas.js'
import type { EmulatorOptions } from '../testing/emulator/options.js'
import { describeProblem } from '../testing/emulator/validation/problem.js'
import { serve } from '../testing/node/serve.js'
import type { ServeOptions } from '../testing/node/serve-options.js'
import { logActivity } from './emulate/activity-log.js'
import { type LoadedOptions, loadConfig, type OptionValues } from './emulate/config-file.js'
import { describeFlags, type ParsedFlags, parseFlags } from './emulate/flags.js'
import { watchFiles } from './emulate/watch-files.js'
import { type Command, exitCodes, type Io } from './io.js'
import { packageVersion } from './version.js'

const help = `Usage: realtime-primitives emulate [options]

Serves an emulated Realtime API over WebSocket and WebRTC until it is interrupted. No API key is needed.

${describeFlags()}`

/** The `realtime-primitives emulate` command. */
export const emulate: Command = async (args, io) => {
  const flags = parseFlags(args)
  if ('problem' in flags) return usageError(io, flags.problem)
  if (flags.prints !== undefined) {
    io.out(flags.prints === 'help' ? help : `${packageVersion()}\n`)
    return exitCodes.ok
  }
  const loaded = await loadOptions(flags, io.cwd)
  if ('problem' in loaded) return usageError(io, loaded.problem)
  const created = createFrom(loaded.emulator)
  if ('problem' in created) return usageError(io, created.problem)
  const { emulator } = created

  const server = await serve(emulator, loaded.server).catch((error: NodeJS.ErrnoException) => error)
  if (server instanceof Error) {
    await emulator.close()
    const { port } = loaded.server
    return usageError(
      io,
      server.code === 'EADDRINUSE' ? `port ${port} is taken; choose another, or none` : server.message,
    )
  }
  const stopLog = flags.log ? logActivity(emulator, flags.log, (line) => io.out(`${line}\n`)) : () => {}
  const certificate = await saveCertificate(server.certificate)
  io.out(`The emulator listens on ${server.url}/realtime?model=gpt-realtime-2.1

  OPENAI_BASE_URL=${server.httpUrl}
  OPENAI_API_KEY=${loaded.emulator.apiKey ?? 'any'}
  Control: ${server.controlUrl}
${certificate ? `  NODE_EXTRA_CA_CERTS=${certificate.path}\n  SSL_CERT_FILE=${certificate.path}\n` : ''}
Press Ctrl-C to stop.
`)
  const stopWatching = flags.watch
    ? watchOptions(flags, loaded, io, (options) => emulator.configure(options))
    : () => {}
  await interrupted(io.signal)
  stopWatching()
  await server.close()
  await emulator.close()
  stopLog()
  await certificate?.remove()
  io.out('The emulator has stopped.\n')
  return exitCodes.ok
}

/** The options of the command, and the files that they were read from. */
interface CommandOptions {
  readonly emulator: EmulatorOptions
  readonly server: ServeOptions
  readonly files: readonly string[]
}

/** Loads the options of the file and of the command line. */
async function loadOptions(flags: ParsedFlags, cwd: string): Promise<CommandOptions | { readonly problem: string }> {
  const config: LoadedOptions | { readonly problem: string } =
    flags.config === undefined ? { values: {}, files: [] } : await loadConfig(resolve(cwd, flags.config), cwd)
  if ('problem' in config) return config
  const given = await flags.load(cwd)
  if ('problem' in given) return given
  const values = merge(config.values, given.values)
  const isOfEmulator = ([name]: readonly [string, unknown]) => Object.hasOwn(emulatorOptions, name)
  return {
    emulator: Object.fromEntries(Object.entries(values).filter(isOfEmulator)) as EmulatorOptions,
    server: Object.fromEntries(Object.entries(values).filter((entry) => !isOfEmulator(entry))) as ServeOptions,
    files: [...config.files, ...given.files],
  }
}

/** Returns the options of a file with those of the command line. Scripts are added by name, and faults to the end. */
function merge(config: OptionValues, given: OptionValues): OptionValues {
  const { default: isReplaced, ...scripts } = { ...asObject(config.scripts), ...asObject(given.scripts) }
  const keepsDefault = isReplaced !== undefined && given.script === undefined
  const faults = [...asList(config.faults), ...asList(given.faults)]
  return {
    ...config,
    ...given,
    ...(config.scripts || given.scripts
      ? { scripts: keepsDefault ? { default: isReplaced, ...scripts } : scripts }
      : {}),
    ...(faults.length > 0 ? { faults } : {}),
  }
}

const asObject = (value: unknown) => (value ?? {}) as OptionValues
const asList = (value: unknown) => (value ?? []) as readonly unknown[]

function createFrom(options: EmulatorOptions) {
  try {
    return { emulator: createEmulator(options) }
  } catch (error) {
    return { problem: problemOf(error) }
  }
}

/** Loads the options again after each change of a file. */
function watchOptions(
  flags: ParsedFlags,
  initial: CommandOptions,
  io: Io,
  configure: (options: EmulatorOptions) => void,
): () => void {
  const files = flags.config === undefined ? initial.files : [resolve(io.cwd, flags.config), ...initial.files]
  let { server } = initial
  let stop = watchFiles(files, () => void reload())
  let isStopped = false

  async function reload(): Promise<void> {
    const loaded = await loadOptions(flags, io.cwd)
    const keep = (problem: string) => io.err(`${problem}. The version before stays in use.\n`)
    if ('problem' in loaded) return keep(loaded.problem)
    try {
      configure(loaded.emulator)
    } catch (error) {
      return keep(problemOf(error))
    }
    const needsRestart = Object.keys({ ...server, ...loaded.server }).filter(
      (name) => JSON.stringify(Reflect.get(server, name)) !== JSON.stringify(Reflect.get(loaded.server, name)),
    )
    server = loaded.server
    const note = needsRestart.length > 0 ? ` Restart the emulator to apply ${needsRestart.join(', ')}.` : ''
    io.out(`The options were loaded again.${note}\n`)
    stop()
    if (!isStopped) stop = watchFiles(loaded.files, () => void reload())
  }

  return () => {
    isStopped = true
    stop()
  }
}

function problemOf(error: unknown): string {
  return isEmulatorError(error, 'INVALID_OPTION') ? describeProblem(error.data) : (error as Error).message
}

/** Writes the certificate to a file for clients to trust, because clients take it as a path. */
async function saveCertificate(
  certificate: string | undefined,
): Promise<{ readonly path: string; remove(): Promise<void> } | undefined> {
  if (certificate === undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'realtime-primitives-'))
  const path = join(folder, 'emulator.pem')
  await writeFile(path, certificate)
  return { path, remove: () => rm(folder, { recursive: true, force: true }) }
}

function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}

function usageError(io: Io, problem: string): number {
  io.err(`emulate: ${problem}\n`)
  return exitCodes.usage
}
