import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { itCertifies } from '../support/certify.js'
import { link, root } from './support/pack.js'
import { run } from './support/run.js'

const packed = inject('packed')

/** Code for pages and servers that uses each neutral entry. It needs the types of the language and the DOM only. */
const neutral = `
import { createSession, isSessionError, memoryPair, webSocket, type RealtimeSession, type Transport } from 'realtime-primitives'
import { encodePcm16, readWav } from 'realtime-primitives/audio'
import { InputAudioBufferAppendEvent, realtimeCodec, type ServerEvent, type ServerEventOf } from 'realtime-primitives/protocol'
import { createEmulator, reply } from 'realtime-primitives/testing'

const transport: Transport = webSocket({ apiKey: async () => 'ek_1', model: 'gpt-realtime-2.1' })
export const session: RealtimeSession = createSession({ transport, config: { output_modalities: ['text'] } })
session.on('response.done', ({ response }) => response.output.length)
export const [near]: readonly [Transport, Transport] = memoryPair()
export const emulated = createEmulator({ script: [reply('Good day.')] }).connect()

export function textOf(frame: string): string | undefined {
  const decoded = realtimeCodec.decode(frame)
  return decoded.kind === 'event' && decoded.event.type === 'response.output_text.delta' ? decoded.event.delta : undefined
}
export function statusOf(event: ServerEventOf<'response.done'>): string { return event.response.status }
export function isDone(event: ServerEvent): boolean { return event.type === 'response.done' }
export const append: InputAudioBufferAppendEvent = { type: 'input_audio_buffer.append', audio: '' }
export const parsed: InputAudioBufferAppendEvent = InputAudioBufferAppendEvent.parse(append)
export const bytes: Uint8Array = encodePcm16(new Float32Array(4))
export const rate: number = readWav(bytes).sampleRate
export async function failure(): Promise<string | undefined> {
  try { await session.connect() } catch (error) {
    if (isSessionError(error, 'TIMEOUT')) return error.data.waitingFor
  }
  return undefined
}
// @ts-expect-error the transport has no URL or model
webSocket({ apiKey: 1 })
`

/** Additional code for servers. */
const forNode = `
import { type EmulatorServer, serve } from 'realtime-primitives/testing/node'

export const server: EmulatorServer = await serve(createEmulator(), { refuseUpgrade: ({ attempt }) => attempt > 2 ? { status: 503 } : undefined })
`

/** Compiles code in the project with the packed library, and checks all declarations that it imports. Returns the output of tsc. */
async function compile(name: string, code: string, options: object): Promise<string> {
  const folder = join(packed.project, name)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'main.ts'), code)
  const compilerOptions = {
    target: 'ES2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    types: [],
    ...options,
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = await run(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { timeoutMs: 160_000 })
  return stdout
}

describe('a strict TypeScript project', { timeout: 270_000 }, () => {
  it("compiles with DOM types only and moduleResolution 'Bundler'", async () => {
    const lib = ['ES2022', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable']
    expect(await compile('web', neutral, { module: 'ESNext', moduleResolution: 'Bundler', lib })).toBe('')
  })

  it("compiles with Node.js types and moduleResolution 'NodeNext'", async () => {
    await link(packed.project, '@types/node')
    const options = { module: 'NodeNext', moduleResolution: 'NodeNext', lib: ['ES2023'], types: ['node'] }
    expect(await compile('node', neutral + forNode, options)).toBe('')
  })

  itCertifies("compiles with moduleResolution 'node10', by main and typesVersions", async () => {
    const lib = ['ES2022', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable']
    const options = {
      module: 'ESNext',
      moduleResolution: 'node10',
      ignoreDeprecations: '6.0',
      esModuleInterop: true,
      lib,
    }
    expect(await compile('node10', neutral, options)).toBe('')
  })
})

it('the declarations use no type arguments that TypeScript 5.4 lacks', async () => {
  const dist = join(packed.project, 'node_modules', 'realtime-primitives', 'dist')
  const files = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.d.ts'))
  expect(files.length).toBeGreaterThan(50)
  for (const name of files) {
    const text = await readFile(join(dist, name), 'utf8')
    const found = text.match(
      /\b(?:(?:Uint|Int|Float|BigInt|BigUint)\w*Array|ArrayBufferView|Buffer)<|AsyncIterableIterator<\w+, /g,
    )
    expect({ name, found }).toEqual({ name, found: null })
  }
})
