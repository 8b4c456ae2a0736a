import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, inject, it } from 'vitest'
import { bundle } from './support/bundle.js'

const packed = inject('packed')
const KB = 1024

/** Returns the size of an import in a web page: bundled, minified, and compressed, in bytes. */
async function sizeOf(statement: string): Promise<number> {
  const stdin = { contents: statement.replaceAll(/\bimport\b/g, 'export'), resolveDir: packed.project }
  const { code } = await bundle(packed, { stdin, minify: true })
  return gzipSync(code, { level: 9 }).length
}

const protocol = 'realtime-primitives/protocol'

/** The maximum size of each import in kilobytes. `goal` is the size that it should have later: lower the budget when it is reached. */
const budgets: readonly { budget: number; goal?: number; statement: string }[] = [
  { budget: 1, statement: `import { encodePcm16 } from 'realtime-primitives/audio'` },
  { budget: 5, statement: `import { InputAudioBufferClearedEvent } from '${protocol}'` },
  { budget: 5.2, statement: `import { ResponseOutputAudioDeltaEvent } from '${protocol}'` },
  {
    budget: 11.1,
    statement: `import { clientEventSchemas, serverEventSchemas, translationClientEventSchemas, translationServerEventSchemas } from '${protocol}'`,
  },
  { budget: 7.6, statement: `import { realtimeCodec } from '${protocol}'` },
  { budget: 7.5, statement: `import { webSocket } from 'realtime-primitives'` },
  { budget: 43.8, goal: 28, statement: `import { createSession, webSocket } from 'realtime-primitives'` },
  // Each feature together with a session, to limit what it adds and to show that it does not import the other features.
  { budget: 46.2, statement: `import { createSession, webSocket, runTranscript } from 'realtime-primitives'` },
  { budget: 46.8, statement: `import { createSession, webSocket, runUsage } from 'realtime-primitives'` },
  { budget: 48.6, statement: `import { createSession, webSocket, runLatency } from 'realtime-primitives'` },
  { budget: 46.1, statement: `import { createSession, webSocket, recording } from 'realtime-primitives'` },
  {
    budget: 48.8,
    statement: `import { createSession, webSocket, runGuardrails, holdBack } from 'realtime-primitives'`,
  },
  { budget: 63.7, statement: `import { createSession, webSocket, runTools, tool, runMcp } from 'realtime-primitives'` },
  {
    budget: 71,
    statement: `import { createSession, webSocket, runAgents, tool, holdBack } from 'realtime-primitives'`,
  },
  { budget: 47.2, statement: `import { createSession, webSocket, runDebug, logging } from 'realtime-primitives'` },
  { budget: 45.1, statement: `import { createSession, webSocket, runFallback } from 'realtime-primitives'` },
  { budget: 47.8, statement: `import { createSession, webSocket, runInterruptionGuard } from 'realtime-primitives'` },
  { budget: 9.3, statement: `import { webRTC } from 'realtime-primitives/webrtc'` },
  { budget: 11.6, statement: `import { createMicrophone, createSpeaker } from 'realtime-primitives/browser'` },
  { budget: 4, statement: `import { verifyWebhook } from 'realtime-primitives/server'` },
  { budget: 17.6, statement: `import { createClientSecret } from 'realtime-primitives/server'` },
  { budget: 20, statement: `import { runTelemetry } from 'realtime-primitives/telemetry'` },
  { budget: 18, statement: `import { bridgeTwilio } from 'realtime-primitives/twilio'` },
  { budget: 20.8, statement: `import { beta } from 'realtime-primitives/migrate'` },
  {
    budget: 46.1,
    statement: `import { createSession, webSocket } from 'realtime-primitives'; import { xai } from 'realtime-primitives/dialects'`,
  },
]

describe('size of an import, minified and compressed', () => {
  it.each(budgets.map(({ budget, statement }) => [budget, statement] as const))(
    'at most %s KB: %s',
    async (budget, statement) => {
      expect(await sizeOf(statement)).toBeLessThanOrEqual(budget * KB)
    },
  )

  it('every reached goal has become the budget', async () => {
    const reached = []
    for (const { goal, statement } of budgets)
      if (goal && (await sizeOf(statement)) <= goal * KB) reached.push(statement)
    expect(reached).toEqual([])
  })
})

describe('declarations of the protocol', () => {
  it('are at most 197 KB, including field documentation', async () => {
    const paths = packed.files.map(({ path }) => path).filter((path) => /^dist\/protocol\/.*\.d\.ts$/.test(path))
    const sizes = await Promise.all(paths.map(async (path) => (await readFile(join(packed.installed, path))).length))
    expect(paths).not.toEqual([])
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(197 * KB)
  })
})
