import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ProtocolEvent, StockClient } from './stock-clients.js'

const bridge = fileURLToPath(new URL('bridge.py', import.meta.url))

/**
 * Returns a Python library as a client. It runs in a process of its own and trusts the certificate of the emulator by `SSL_CERT_FILE`, as
 * the command line prints it.
 * @param folder - Folder that `pip install --target` has installed the library to.
 */
export function pythonClient(library: 'websockets' | 'aiohttp', folder: string): StockClient {
  return {
    name: 'Python',
    package: library,
    async connect({ url, certificate = '' }, apiKey) {
      const trusted = mkdtempSync(join(tmpdir(), 'certify-'))
      const file = join(trusted, 'emulator.pem')
      writeFileSync(file, certificate)
      const child = spawn('python3', [bridge, library, `${url}/realtime?model=gpt-realtime`, apiKey], {
        env: { ...process.env, PYTHONPATH: folder, SSL_CERT_FILE: file },
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      child.once('exit', () => rmSync(trusted, { recursive: true, force: true }))
      const events: ProtocolEvent[] = []
      createInterface({ input: child.stdout }).on('line', (line) => events.push(JSON.parse(line)))
      return {
        events,
        send: (event) => void child.stdin.write(`${JSON.stringify(event)}\n`),
        close: () => child.stdin.end(),
      }
    },
  }
}
