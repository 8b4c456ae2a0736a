import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundlePage } from '../../examples/browser-minimal-realtime/bundle.js'

/** The content security policy of the playground. A static site sends no headers, so the page contains it. It allows no connections, because the emulator runs in the page. */
const policy = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", 'img-src data:', "connect-src 'none'"],
  ...["base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"],
].join('; ')

/** Builds the page of examples/browser-minimal-realtime with the emulator inside it, as static files in `out`. */
export async function buildPlayground(root: string, out: string): Promise<void> {
  const page = join(root, 'examples/browser-minimal-realtime/page')
  await mkdir(out, { recursive: true })
  const [html, scripts] = await Promise.all([
    readFile(join(page, 'index.html'), 'utf8'),
    bundlePage('./page/static-page.ts'),
    copyFile(join(page, 'style.css'), join(out, 'style.css')),
  ])
  await Promise.all([
    writeFile(join(out, 'index.html'), staticPage(html)),
    writeFile(join(out, 'page.js'), scripts.page),
    writeFile(join(out, 'worklet.js'), scripts.worklet),
  ])
}

function staticPage(html: string): string {
  const head = `<meta charset="utf-8">\n    <meta http-equiv="Content-Security-Policy" content="${policy}">`
  return html
    .replace('<meta charset="utf-8">', head)
    .replace(/<title>[^<]*<\/title>/, '<title>Playground – realtime-primitives</title>')
    .replace('</span></p>', '</span>. <a href="../index.html">Documentation</a></p>')
}
