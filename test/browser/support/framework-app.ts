import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin, transform } from 'esbuild'
import { compile, compileModule } from 'svelte/compiler'
import { compileScript, parse } from 'vue/compiler-sfc'
import { type Packed, root } from '../../package/support/pack.js'
import { output } from '../../package/support/run.js'

export const frameworks = ['React', 'Vue', 'Svelte'] as const

export type Framework = (typeof frameworks)[number]

/** Returns the code of a section of docs/frameworks.md, and the code that all sections share, by file name. */
export async function pageFiles(framework: Framework): Promise<ReadonlyMap<string, string>> {
  const page = await readFile(join(root, 'docs', 'frameworks.md'), 'utf8')
  const [shared = '', ...sections] = page.split(/^## /m)
  const section = sections.find((text) => text.startsWith(`${framework}\n`)) ?? ''
  const files = [...`${shared}${section}`.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)]
  return new Map(files.map(([, name = '', code = '']) => [name, code]))
}

/** For each framework: code that defines `window.mount`, which returns a function that unmounts, and code that renders the component on a server. */
const entries: Readonly<Record<Framework, { readonly browser: string; readonly server: string }>> = {
  React: {
    browser: `
      import { createElement, StrictMode } from 'react'
      import { createRoot } from 'react-dom/client'
      import { VoiceAgent } from './voice-agent'
      window.mount = (target, props) => {
        const root = createRoot(target)
        root.render(createElement(StrictMode, null, createElement(VoiceAgent, props)))
        return () => root.unmount()
      }`,
    server: `
      import { createElement } from 'react'
      import { renderToString } from 'react-dom/server'
      import { VoiceAgent } from './voice-agent'
      console.log(renderToString(createElement(VoiceAgent, {})))`,
  },
  Vue: {
    browser: `
      import { createApp } from 'vue'
      import VoiceAgent from './VoiceAgent.vue'
      window.mount = (target, props) => {
        const app = createApp(VoiceAgent, props)
        app.mount(target)
        return () => app.unmount()
      }`,
    server: `
      import { createSSRApp } from 'vue'
      import { renderToString } from 'vue/server-renderer'
      import VoiceAgent from './VoiceAgent.vue'
      console.log(await renderToString(createSSRApp(VoiceAgent, {})))`,
  },
  Svelte: {
    browser: `
      import { mount, unmount } from 'svelte'
      import VoiceAgent from './VoiceAgent.svelte'
      window.mount = (target, props) => {
        const component = mount(VoiceAgent, { target, props })
        return () => unmount(component)
      }`,
    server: `
      import { render } from 'svelte/server'
      import VoiceAgent from './VoiceAgent.svelte'
      console.log(render(VoiceAgent, { props: {} }).body)`,
  },
}

const tsconfig = {
  compilerOptions: {
    ...{ target: 'ES2022', lib: ['ES2023', 'DOM', 'DOM.Iterable'], module: 'ESNext', moduleResolution: 'bundler' },
    ...{ jsx: 'react-jsx', strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...{ verbatimModuleSyntax: true, noEmit: true, skipLibCheck: true, types: [] },
  },
}

export interface FrameworkApp {
  readonly folder: string
  /** Returns the script of the page. */
  bundle(): Promise<string>
  /** Renders the component on a server. */
  render(): Promise<string>
  remove(): Promise<void>
}

/** Writes the code of the documentation to a project that has the packed library installed. The project is in the checkout, where it finds the frameworks. */
export async function createFrameworkApp({ installed }: Packed, framework: Framework): Promise<FrameworkApp> {
  const folder = await mkdtemp(join(await stages(), `${framework}-`))
  await cp(installed, join(folder, 'node_modules', 'realtime-primitives'), { recursive: true })
  for (const [name, code] of await pageFiles(framework)) await writeFile(join(folder, name), code)
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')

  async function bundle(platform: 'browser' | 'node'): Promise<string> {
    const { outputFiles } = await build({
      stdin: { contents: entries[framework][platform === 'node' ? 'server' : 'browser'], resolveDir: folder },
      bundle: true,
      write: false,
      format: 'esm',
      platform,
      target: 'es2022',
      jsx: 'automatic',
      logLevel: 'silent',
      resolveExtensions: ['.ts', '.tsx', '.svelte.ts', '.mjs', '.js'],
      ...(platform === 'node' ? { packages: 'external' } : { conditions: ['browser', 'production'] }),
      define: {
        'process.env.NODE_ENV': '"development"',
        __VUE_OPTIONS_API__: 'true',
        __VUE_PROD_DEVTOOLS__: 'false',
        __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
      },
      plugins: [vueFiles, svelteFiles(platform === 'node' ? 'server' : 'client')],
      tsconfigRaw: '{}',
    })
    return outputFiles[0]?.text ?? ''
  }

  return {
    folder,
    bundle: () => bundle('browser'),
    async render() {
      const file = join(folder, 'server.js')
      await writeFile(file, await bundle('node'))
      return output(process.execPath, [file])
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function stages(): Promise<string> {
  const folder = join(root, '.apps')
  await mkdir(folder, { recursive: true })
  return folder
}

const vueFiles: Plugin = {
  name: 'vue',
  setup(builder) {
    builder.onLoad({ filter: /\.vue$/ }, async ({ path }) => {
      const { descriptor } = parse(await readFile(path, 'utf8'), { filename: path })
      const { content } = compileScript(descriptor, { id: 'voice-agent', inlineTemplate: true })
      return { contents: content, loader: 'ts' }
    })
  },
}

function svelteFiles(generate: 'client' | 'server'): Plugin {
  return {
    name: 'svelte',
    setup(builder) {
      builder.onLoad({ filter: /\.svelte$/ }, async ({ path: filename }) => ({
        contents: compile(await readFile(filename, 'utf8'), { filename, generate }).js.code,
      }))
      builder.onLoad({ filter: /\.svelte\.ts$/ }, async ({ path: filename }) => {
        const { code } = await transform(await readFile(filename, 'utf8'), { loader: 'ts', target: 'esnext' })
        return { contents: compileModule(code, { filename, generate }).js.code }
      })
    },
  }
}
