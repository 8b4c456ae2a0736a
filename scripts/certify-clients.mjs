// Runs unmodified third-party clients against the emulator, and writes the table in docs/certified-clients.md.
// Clients that are no dependencies of this project are installed into a temporary folder. A client that cannot be installed is left out.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'certify-'))
const python = join(folder, 'python')
const bin = join(folder, 'node_modules', '.bin')
const report = join(folder, 'report.json')
const page = join(root, 'docs/certified-clients.md')

const run = (program, args, env = {}) =>
  spawnSync(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status

/** Installs the clients for Node.js. Some of them need Node.js 22, with which npm also selects their versions. */
function installNodeClients() {
  const install = (env, ...packages) =>
    run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...packages], env) === 0
  const packages = [
    ...['@livekit/agents-plugin-openai', '@livekit/agents', '@livekit/rtc-node', 'zod@4'],
    ...['@mastra/voice-openai-realtime', '@ai-sdk/openai', '@tanstack/ai-openai', '@tanstack/ai'],
    ...['openai-realtime-api@1', 'ws@8'],
  ]
  const PATH = `${bin}${delimiter}${process.env.PATH}`
  return install({}, 'node@22') && install({ PATH }, ...packages)
}

function versionOf(name) {
  const manifest = [root, folder].map((at) => join(at, 'node_modules', name, 'package.json')).find(existsSync)
  if (manifest) return JSON.parse(readFileSync(manifest, 'utf8')).version
  const prefix = `${name}-`
  const info =
    existsSync(python) && readdirSync(python).find((entry) => entry.startsWith(prefix) && entry.endsWith('.dist-info'))
  return info ? info.slice(prefix.length, -'.dist-info'.length) : ''
}

/** Returns the results of the tests: `yes` or `no` per client and task. */
function readResults() {
  const results = new Map()
  for (const { ancestorTitles, title, status } of JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(
    ({ assertionResults }) => assertionResults,
  )) {
    const result = { passed: 'yes', failed: 'no' }[status]
    const client = ancestorTitles.at(-1)
    // The titles of other tests in these files contain no package.
    if (result && client.includes(': ')) results.set(client, { ...results.get(client), [title]: result })
  }
  return results
}

function tableOf(results) {
  const tasks = [...new Set([...results.values()].flatMap(Object.keys))]
  const rows = [...results].map(([client, byTask]) => {
    const [name, ...rest] = client.split(': ')
    return [`\`${name}\` ${versionOf(name)}`, rest.join(': '), ...tasks.map((task) => byTask[task] ?? '-')]
  })
  const table = [['Package', 'Client', ...tasks], ['Package', 'Client', ...tasks].map(() => '---'), ...rows]
  return table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

try {
  const hasPython =
    run('python3', ['-m', 'pip', 'install', '--quiet', '--target', python, 'websockets', 'aiohttp']) === 0
  const hasNode = installNodeClients()
  if (!hasPython) console.error('left out: websockets and aiohttp, which pip could not install')
  if (!hasNode) console.error('left out: the clients for Node.js that npm could not install')
  const status = run(
    'npx',
    [
      ...['vitest', 'run', '--project', 'source', '--typecheck.enabled=false'],
      'test/interop/stock-clients.test.ts',
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ],
    { ...(hasPython && { CERTIFY_PYTHON: python }), ...(hasNode && { CERTIFY_NODE: folder }) },
  )
  const table = tableOf(readResults())
  const text = readFileSync(page, 'utf8')
  writeFileSync(
    page,
    text.replace(/(<!-- table -->\n)[\s\S]*?(\n<!-- end -->)/, (_, start, end) => `${start}\n${table}\n${end}`),
  )
  run('npx', ['biome', 'format', '--write', page])
  process.exitCode = status
} finally {
  rmSync(folder, { recursive: true, force: true })
}
