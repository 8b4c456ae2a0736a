import { assetUrl } from './assets.js'
import { type Command, exitCodes } from './io.js'

/** The program of the example node-websocket-cli, which is bundled into dist/cli/demo. */
interface DemoModule {
  runDemo(args: string[], command: string): Promise<void>
}

/** The `realtime-primitives demo` command. */
export const demo: Command = async (args, io) => {
  const { runDemo } = (await import(assetUrl('demo/demo.js').href)) as DemoModule
  try {
    await runDemo([...args], 'npx realtime-primitives demo')
    // A conversation with failures sets the exit code.
    return typeof process.exitCode === 'number' ? process.exitCode : exitCodes.ok
  } catch (error) {
    io.err(`${(error as Error).message}\n`)
    return exitCodes.findings
  }
}
