import { stat } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { script } from '../../testing/emulator/script-schema.js'
import { describeProblem } from '../../testing/emulator/validation/problem.js'
import { validate } from '../../testing/emulator/validation/schema.js'
import { describeDataProblem, fileName, isDataFile, readDataFile, reasonOf } from './data-file.js'

/** Reads a script: a JSON or YAML file, or a module with the script as its default export. */
export async function loadScript(
  path: string,
  cwd: string,
): Promise<{ readonly script: unknown } | { readonly problem: string }> {
  const name = fileName(path, cwd)
  if (isDataFile(path)) {
    const file = await readDataFile(path, name)
    if ('problem' in file) return file
    const parsed = validate(script, file.value, 'script')
    if (!('problem' in parsed)) return { script: file.value }
    const line = file.lineOf(parsed.path)
    return { problem: `${name}${line === undefined ? '' : `:${line}`}: ${describeDataProblem(parsed.problem)}` }
  }
  let value: unknown
  try {
    // The time of the change in the URL, so that a changed module is loaded again.
    const { mtimeMs } = await stat(path)
    const module = (await import(`${pathToFileURL(path).href}?changed=${mtimeMs}`)) as { readonly default?: unknown }
    value = module.default
  } catch (error) {
    return { problem: `${name}: ${reasonOf(error)}` }
  }
  const parsed = validate(script, value, 'script')
  return 'problem' in parsed ? { problem: `${name}: ${describeProblem(parsed.problem)}` } : { script: value }
}
