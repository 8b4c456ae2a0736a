// Usage: npx tsx scripts/demo-recording.ts. Records the terminal demo, run on the emulator at the pace of speech, as an animated SVG: docs/images/demo.svg.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const program = join(root, 'examples/node-websocket-cli/main.ts')
const file = join(root, 'docs/images/demo.svg')

const columns = 98
const [charWidth, lineHeight, margin] = [8.4, 20, 20]
/** Playback speed of the recording. */
const pace = 2
/** How long the last frame is shown before the animation starts again, in seconds. */
const holdSeconds = 4
/** Duration of a frame, in seconds. */
const frameSeconds = 0.1

const colors: Readonly<Record<string, string>> = {
  caller: '#56b6c2',
  assistant: '#98c379',
  tool: '#e5c07b',
  session: '#8b93a1',
}

interface Chunk {
  readonly seconds: number
  readonly text: string
}

/** Runs the demo and returns its output, with the time of each chunk. */
function record(): Promise<Chunk[]> {
  const { OPENAI_API_KEY: _, ...env } = process.env
  return new Promise((resolve, reject) => {
    const output = join(tmpdir(), 'realtime-primitives-demo.wav')
    const child = spawn(process.execPath, ['--import', 'tsx', program, '--realtime', '--output', output], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 120_000,
    })
    const chunks: Chunk[] = []
    let startMs: number | undefined
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      startMs ??= performance.now()
      chunks.push({ seconds: (performance.now() - startMs) / 1_000, text: text.replaceAll(output, 'answers.wav') })
    })
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve(chunks) : reject(new Error(`the demo exited with code ${code}`))))
  })
}

interface Row {
  readonly spans: { readonly seconds: number; readonly color: string | undefined; text: string }[]
}

/** Arranges the output in rows, wrapped at the width of the terminal. */
function arrange(chunks: readonly Chunk[]): Row[] {
  const rows: Row[] = [{ spans: [] }]
  let column = 0
  function newRow(): void {
    rows.push({ spans: [] })
    column = 0
  }
  function write(text: string, seconds: number, color?: string): void {
    for (const character of text) {
      if (character === '\n' || column === columns) newRow()
      if (character === '\n') continue
      const spans = rows.at(-1)?.spans ?? []
      const last = spans.at(-1)
      if (last && last.seconds === seconds && last.color === color) last.text += character
      else spans.push({ seconds, color, text: character })
      column += 1
    }
  }
  for (const { seconds, text } of chunks) {
    const frame = Math.round(seconds / pace / frameSeconds) * frameSeconds
    for (const piece of text.split(/(?<=\n)|(?<= s {2})|(?<=(?:caller|assistant|tool|session)\b)/)) {
      write(piece, frame, colors[piece])
    }
  }
  while (rows.at(-1)?.spans.length === 0) rows.pop()
  return rows
}

const escapeText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

function draw(rows: readonly Row[]): string {
  const spans = rows.flatMap((row) => row.spans)
  const times = [...new Set(spans.map(({ seconds }) => seconds))].sort((a, b) => a - b)
  const total = (times.at(-1) ?? 0) + holdSeconds
  const width = Math.ceil(columns * charWidth + 2 * margin)
  const height = rows.length * lineHeight + 2 * margin + 24
  const keyframes = times.map((seconds, index) => {
    const percent = ((100 * seconds) / total).toFixed(2)
    return `@keyframes f${index}{0%{visibility:hidden}${percent}%,100%{visibility:visible}}`
  })
  const animations = times.map((_, index) => `.f${index}{animation-name:f${index}}`)
  const lines = rows.map(({ spans }, row) => {
    const pieces = spans.map(({ seconds, color, text }) => {
      const fill = color === undefined ? '' : ` fill="${color}"`
      return `<tspan class="f${times.indexOf(seconds)}"${fill}>${escapeText(text)}</tspan>`
    })
    return `<text x="${margin}" y="${margin + 24 + (row + 0.75) * lineHeight}">${pieces.join('')}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A spoken conversation in the terminal">
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d7dae0;white-space:pre}
${keyframes.join('\n')}
@media (prefers-reduced-motion:no-preference){tspan{animation:${total.toFixed(1)}s step-end infinite}
${animations.join('\n')}}</style>
<rect width="100%" height="100%" rx="10" fill="#1e2127"/>
<circle cx="22" cy="20" r="6" fill="#e06c75"/><circle cx="42" cy="20" r="6" fill="#e5c07b"/><circle cx="62" cy="20" r="6" fill="#98c379"/>
${lines.join('\n')}
</svg>
`
}

const prompt: Chunk[] = [{ seconds: 0, text: '$ npx realtime-primitives demo\n\n' }]
const svg = draw(arrange([...prompt, ...(await record())]))
writeFileSync(file, svg)
console.log(`${file} written, ${(Buffer.byteLength(svg) / 1_024).toFixed(0)} KB`)
