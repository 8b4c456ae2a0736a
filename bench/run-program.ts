import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Runs a TypeScript program in a new process with the Node.js options of this process, which load tsx. Resolves with its standard output. */
export function runProgram(program: URL, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(program), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 600_000,
  })
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new Error(`${program.pathname.split('/').slice(-2).join('/')} exited with code ${code}.`))
    })
  })
}
