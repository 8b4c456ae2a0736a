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

const pages = ['testing-your-agent', 'emulator-server'].map((name) => {
  const path = `docs/${name}.md`
  return { path, text: readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8') }
})

const modules: Readonly<Record<string, unknown>> = {
  'realtime-primitives': realtimePrimitives,
  'realtime-primitives/testing': testing,
  'realtime-primitives/testing/node': testingNode,
  vitest,
  zod,
}

/** A function that one snippet declares and another one uses. */
const speech = (ms: number) => joined(vowel(ms), silentSamples(1_200))

const testsOf = (text: string) =>
  [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
    .map(([, code = '']) => code)
    .filter((code) => code.includes("from 'vitest'"))

vitest.test.each(pages)('$path: contains tests', ({ text }) => {
  vitest.expect(testsOf(text).length).toBeGreaterThan(4)
})

// Each snippet registers its own tests here.
vitest.describe.each(pages)('$path', ({ text }) => {
  for (const code of testsOf(text)) {
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    })
    compileFunction(outputText, ['require', 'exports', 'speech'])((name: string) => modules[name], {}, speech)
  }
})
