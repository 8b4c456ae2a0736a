import { realpath, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { loadConfig, mergeConfig, runBuild } from 'metro'
import { link, type Packed, root } from '../../package/support/pack.js'

const require = createRequire(import.meta.url)

/** The globals that the JavaScript of React Native provides. Its `URL` needs a native module for blobs only, which is replaced by an empty one. */
const globals = `
import { URL, URLSearchParams } from 'react-native/Libraries/Blob/URL'
import { AbortController, AbortSignal } from 'abort-controller/dist/abort-controller'
Object.assign(globalThis, { URL, URLSearchParams, AbortController, AbortSignal })
`

/** The app. It imports every entry for apps, and passes them to the test in `globalThis.app`. */
const app = `
import './globals'
import * as main from 'realtime-primitives'
import * as webrtc from 'realtime-primitives/webrtc'
import * as protocol from 'realtime-primitives/protocol'
import * as audio from 'realtime-primitives/audio'
import * as migrate from 'realtime-primitives/migrate'
import * as testing from 'realtime-primitives/testing'
globalThis.app = { main, webrtc, protocol, audio, migrate, testing }
`

/** Bundles an app with the packed library as React Native does: with Metro, its Babel preset, and its export conditions. */
export async function bundleForReactNative(packed: Packed): Promise<string> {
  const { project } = packed
  const preset = require.resolve('@react-native/babel-preset')
  await writeFile(join(project, 'babel.config.cjs'), `module.exports = { presets: [${JSON.stringify(preset)}] }\n`)
  await writeFile(join(project, 'globals.js'), globals)
  await writeFile(join(project, 'app.js'), app)
  await writeFile(join(project, 'empty.js'), 'export default null\n')
  for (const name of ['react-native', 'abort-controller', 'event-target-shim', '@babel/runtime', 'metro-runtime'])
    await link(project, name)
  const used = ['zod', 'eventemitter3', 'abort-controller', 'event-target-shim', '@babel/runtime']
  const folders = [...used, 'react-native/Libraries/Blob', 'metro-runtime'].map((name) =>
    realpath(join(root, 'node_modules', name)),
  )
  const config = mergeConfig(await loadConfig({ cwd: project, projectRoot: project }), {
    projectRoot: project,
    watchFolders: [project, ...(await Promise.all(folders))],
    maxWorkers: 1,
    resetCache: true,
    cacheStores: [],
    reporter: { update() {} },
    resolver: {
      unstable_conditionNames: ['react-native'],
      resolveRequest(context, name, platform) {
        if (name === './NativeBlobModule') return { type: 'sourceFile', filePath: join(project, 'empty.js') }
        return context.resolveRequest(context, name, platform)
      },
    },
  })
  const { code } = await runBuild(config, { entry: 'app.js', dev: false, minify: false, platform: 'ios' })
  return code
}
