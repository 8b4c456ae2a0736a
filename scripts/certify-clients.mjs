// Runs unmodified third-party clients against the emulator, and writes the table in docs/certified-clients.md.
// Clients that are no dependencies of this project are installed into a temporary folder. A client that cannot be installed is left out.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'certify-'))
const python = join(folder, 'python')
const beta = join(folder, 'node_modules/openai-realtime-api/dist/index.js')
const report = join(folder, 'report.json')
const page = join(root, 'docs/certified-clients.md')

const run = (program, args, env = {}) =>
  spawnSync(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status

function versionOf(name) {
  const manifest = [root, folder].map((at) => join(at, 'node_modules', name, 'package.json')).find(existsSync)
  if (manifest) return JSON.parse(readFileSync(manifest, 'utf8')).version
  const prefix = `${name}-`
  const info =
    existsSync(python) && readdirSync(python).find((entry) => entry.startsWith(prefix) && entry.endsWith('.dist-info'))
  return info ? info.slice(prefix.length, -'.dist-info'.length) : ''
}

try {
  const hasPython =
    run('python3', ['-m', 'pip', 'install', '--quiet', '--target', python, 'websockets', 'aiohttp']) === 0
  const hasBeta = run('npm', ['install', '--silent', '--prefix', folder, 'openai-realtime-api@1', 'ws@8']) === 0
  if (!hasPython) console.error('left out: websockets and aiohttp, which pip could not install')
  if (!hasBeta) console.error('left out: openai-realtime-api, which npm could not install')
  const status = run(
    'npx',
    [
      'vitest',
      'run',
      '--project',
      'source',
      '--typecheck.enabled=false',
      'test/interop/stock-clients.test.ts',
      '--reporter=json',
      `--outputFile=${report}`,
    ],
    { ...(hasPython && { CERTIFY_PYTHON: python }), ...(hasBeta && { CERTIFY_BETA: beta }) },
  )

  const results = new Map()
  const tasks = new Set()
  for (const { ancestorTitles, title, status } of JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(
    ({ assertionResults }) => assertionResults,
  )) {
    if (status !== 'passed' && status !== 'failed') continue
    const client = ancestorTitles.at(-1)
    tasks.add(title)
    results.set(client, { ...results.get(client), [title]: status === 'passed' ? 'yes' : 'no' })
  }
  const rows = [...results].map(([client, byTask]) => {
    const [name, ...rest] = client.split(': ')
    return [`\`${name}\` ${versionOf(name)}`, rest.join(': '), ...[...tasks].map((task) => byTask[task] ?? '-')]
  })
  const table = [['Package', 'Client', ...tasks], ['Package', 'Client', ...tasks].map(() => '---'), ...rows]
  const text = readFileSync(page, 'utf8')
  const lines = table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  writeFileSync(
    page,
    text.replace(/(<!-- table -->\n)[\s\S]*?(\n<!-- end -->)/, (_, start, end) => `${start}\n${lines}\n${end}`),
  )
  run('npx', ['biome', 'format', '--write', page])
  process.exitCode = status
} finally {
  rmSync(folder, { recursive: true, force: true })
}
