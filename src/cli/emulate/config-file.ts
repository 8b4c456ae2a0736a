import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { emulatorOptions } from '../../testing/emulator/option-schemas.js'
import {
  isPlainObject,
  type OptionSchema,
  object,
  optional,
  validate,
} from '../../testing/emulator/validation/schema.js'
import { serveOptions } from '../../testing/node/serve-options.js'
import { describeDataProblem, fileName, readDataFile, reasonOf } from './data-file.js'
import { loadScript } from './load-script.js'

/** Options by name, as a file or the command line states them. */
export type OptionValues = Readonly<Record<string, unknown>>

/** Options, and the files that they were read from. */
export interface LoadedOptions {
  readonly values: OptionValues
  readonly files: readonly string[]
}

// Their values are functions, which no file contains.
const { clock: _clock, ...emulatorFileOptions } = emulatorOptions
const { refuseUpgrade: _refuseUpgrade, ...serveFileOptions } = serveOptions
const definitions = { ...serveFileOptions, ...emulatorFileOptions }

const schema: OptionSchema<OptionValues> = object(
  Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, optional(definition.schema)])),
  'an object with options',
)

/** Reads a file with options. The paths in it are relative to it. */
export async function loadConfig(path: string, cwd: string): Promise<LoadedOptions | { readonly problem: string }> {
  const name = fileName(path, cwd)
  const file = await readDataFile(path, name)
  if ('problem' in file) return file
  const at = (keys: readonly PropertyKey[]) => {
    const line = file.lineOf(keys)
    return line === undefined ? name : `${name}:${line}`
  }
  const files = [path]
  const found = file.value ?? {}

  /** Replaces the path of a script by its content. */
  async function withScript(value: unknown, keys: readonly PropertyKey[]) {
    if (typeof value !== 'string') return { script: value }
    const target = resolve(dirname(path), value)
    files.push(target)
    const loaded = await loadScript(target, cwd)
    return 'problem' in loaded ? { problem: `${at(keys)}: ${loaded.problem}` } : loaded
  }

  const values: Record<string, unknown> = isPlainObject(found) ? { ...found } : {}
  if (values.script !== undefined) {
    const loaded = await withScript(values.script, ['script'])
    if ('problem' in loaded) return loaded
    values.script = loaded.script
  }
  if (isPlainObject(values.scripts)) {
    const scripts: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(values.scripts)) {
      const loaded = await withScript(value, ['scripts', key])
      if ('problem' in loaded) return loaded
      scripts[key] = loaded.script
    }
    values.scripts = scripts
  }
  const parsed = validate(schema, isPlainObject(found) ? values : found)
  if ('problem' in parsed) return { problem: `${at(parsed.path)}: ${describeDataProblem(parsed.problem)}` }
  if (isPlainObject(values.tls)) {
    const tls = await readCertificate(dirname(path), String(values.tls.key), String(values.tls.cert))
    if ('problem' in tls) return { problem: `${at(['tls'])}: ${tls.problem}` }
    values.tls = tls
  }
  return { values, files }
}

/** Reads the files of a certificate. */
export async function readCertificate(
  folder: string,
  key: string,
  cert: string,
): Promise<{ readonly key: string; readonly cert: string } | { readonly problem: string }> {
  const texts: string[] = []
  for (const path of [key, cert]) {
    try {
      texts.push(await readFile(resolve(folder, path), 'utf8'))
    } catch (error) {
      return { problem: `${path}: ${reasonOf(error)}` }
    }
  }
  return { key: texts[0] ?? '', cert: texts[1] ?? '' }
}
