// Records the voices of `createCaller` with espeak-ng, and computes the fingerprints by which the emulator recognizes them.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeBase64 } from '../src/audio/base64.js'
import { downmix } from '../src/audio/downmix.js'
import { toInt16 } from '../src/audio/int16.js'
import { readWav } from '../src/audio/read-wav.js'
import { resample } from '../src/audio/resample.js'
import { decodeAdpcm, encodeAdpcm } from '../src/testing/speech/adpcm.js'
import { packFingerprints } from '../src/testing/speech/recognizer.js'
import { vocabulary } from '../src/testing/speech/vocabulary.js'

const rate = 8_000
const voices = { anna: ['-v', 'en-us+f3', '-s', '165', '-p', '55'], ben: ['-v', 'en-gb+m3', '-s', '155', '-p', '40'] }
const folder = mkdtempSync(join(tmpdir(), 'voices-'))
const source = (path: string) => fileURLToPath(new URL(`../src/testing/${path}`, import.meta.url))
const fingerprints: string[] = []

for (const [name, args] of Object.entries(voices)) {
  const clips = vocabulary.map((text) => encodeAdpcm(record(text, args)))
  const lengths = clips.map(({ length }) => length)
  const data = encodeBase64(Buffer.concat(clips))
  writeFileSync(
    source(`caller/voices/${name}.ts`),
    `// Made by scripts/caller-voices.ts.

/** Bytes of each sentence of the vocabulary, and the audio: ADPCM at ${rate / 1000} kHz in base64. */
export const clips = {
  lengths: [${lengths.join(', ')}],
  data: '${data}',
} as const
`,
  )
  const pack = packFingerprints(clips.map((bytes) => ({ pcm: decodeAdpcm(bytes), rate })))
  fingerprints.push(`  ${name}:\n    '${encodeBase64(pack)}',\n`)
  console.log(`${name}: ${(data.length / 1024).toFixed(0)} KB, fingerprints ${(pack.length / 1024).toFixed(1)} KB`)
}
writeFileSync(
  source('speech/vocabulary-fingerprints.ts'),
  `// Made by scripts/caller-voices.ts.

/** Fingerprints of the vocabulary for each recorded voice, see \`packFingerprints\`. */
export const vocabularyFingerprints = {
${fingerprints.join('')}} as const
`,
)
rmSync(folder, { recursive: true })
execFileSync('npx', ['biome', 'format', '--write', source('speech'), source('caller')], { stdio: 'inherit' })

/** Records a sentence without leading and trailing silence, normalized to a common level. */
function record(text: string, args: readonly string[]): Int16Array {
  const path = join(folder, 'clip.wav')
  execFileSync('espeak-ng', [...args, '-w', path, text])
  const { channels, sampleRate } = readWav(readFileSync(path))
  const samples = resample(downmix(channels), sampleRate, rate, 'best')
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  const isAudible = (sample: number) => Math.abs(sample) > loudest / 100
  const from = Math.max(0, samples.findIndex(isAudible) - rate / 100)
  const to = samples.findLastIndex(isAudible) + rate / 50
  return toInt16(samples.slice(from, to).map((sample) => (sample / loudest) * 0.5))
}
