import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compileFunction } from 'node:vm'
import * as realtimePrimitives from 'realtime-primitives'
import * as testing from 'realtime-primitives/testing'
import * as testingNode from 'realtime-primitives/testing/node'
import ts from 'typescript'
import * as vitest from 'vitest'
import * as zod from 'zod'
import { joined, silentSamples, vowel } from '../support/speech.js'

const page = readFileSync(fileURLToPath(new URL('../../docs/testing-your-agent.md', import.meta.url)), 'utf8')

const modules: Readonly<Record<string, unknown>> = {
  'realtime-primitives': realtimePrimitives,
  'realtime-primitives/testing': testing,
  'realtime-primitives/testing/node': testingNode,
  vitest,
  zod,
}

/** For the snippet that refers to the function of an earlier one. */
const speech = (ms: number) => joined(vowel(ms), silentSamples(1_200))

const snippets = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
  .map(([, code = '']) => code)
  .filter((code) => code.includes("from 'vitest'"))

vitest.test('the testing guide: contains tests', () => {
  vitest.expect(snippets.length).toBeGreaterThan(5)
})

// Each snippet registers its own tests here.
vitest.describe('docs/testing-your-agent.md', () => {
  for (const code of snippets) {
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    })
    compileFunction(outputText, ['require', 'exports', 'speech'])((name: string) => modules[name], {}, speech)
  }
})
