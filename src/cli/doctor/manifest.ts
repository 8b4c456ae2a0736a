import type { Finding } from './finding.js'
import { sdkFinding } from './javascript/sdk.js'

/** Packages that now use GA, with the version ranges that used the beta. */
const outgrown =
  /"(@openai\/agents(?:-realtime)?)"\s*:\s*"[\^~=v]*0\.0\.\d|"(@mastra\/voice-openai-realtime)"\s*:\s*"[\^~=v]*0\.(?:\d|1[01])\./g

/** Finds beta packages in a `package.json`. */
export function manifestFindings(text: string): readonly Finding[] {
  const ended = [...text.matchAll(/"(@openai\/realtime-api-beta|openai-realtime-api(?:-beta)?|rt-client)"\s*:/g)].map(
    ({ index, 1: name = '' }) => sdkFinding(index + 1, name),
  )
  const old = [...text.matchAll(outgrown)].map(({ index, 1: agents, 2: voice = '' }) => ({
    ...sdkFinding(index + 1, agents ?? voice),
    fix: 'Update to the current version, which connects to GA. Its changelog lists the other changes.',
  }))
  return [...ended, ...old].sort((a, b) => a.start - b.start)
}
