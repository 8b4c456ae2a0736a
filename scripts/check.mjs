// Runs every static check in parallel. A check prints its output only when it fails.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const maxLines = 400

const commands = {
  'format and lint': ['biome', 'check', '--error-on-warnings', '.'],
  types: ['tsc', '-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile', 'node_modules/.cache/check.tsbuildinfo'],
  layers: ['depcruise', '--config', '.dependency-cruiser.mjs', '--output-type', 'err', 'src'],
  'dead code': ['knip'],
  'documentation site': ['tsx', 'scripts/docs.ts'],
  'generated pages': ['tsx', 'scripts/reference.ts', '--check'],
}

function run([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(join(root, 'node_modules', '.bin', command), args, { cwd: root })
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code, output }))
  })
}

function filesBelow(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesBelow(path) : [path]
  })
}

function longFiles() {
  const long = filesBelow(join(root, 'src'))
    .map((path) => ({ path, lines: readFileSync(path, 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > maxLines)
  return {
    code: long.length,
    output: long
      .map(({ path, lines }) => `${path.slice(root.length)} has ${lines} lines; at most ${maxLines}`)
      .join('\n'),
  }
}

const started = Object.entries(commands).map(async ([name, command]) => [name, await run(command)])
let failures = 0
for (const [name, { code, output }] of [...(await Promise.all(started)), ['file lengths', longFiles()]]) {
  console.log(`${code === 0 ? '✓' : '✗'} ${name}`)
  if (code === 0) continue
  failures += 1
  console.log(output)
}
process.exitCode = failures === 0 ? 0 : 1
