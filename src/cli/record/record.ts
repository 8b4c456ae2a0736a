import { resolve } from 'node:path'
import { detectAll } from '../detect-all.js'
import { type Command, exitCodes } from '../io.js'
import { readPort, startCommand, usageError } from '../options.js'
import { openCallFiles } from './call-files.js'
import { startProxy } from './proxy.js'

const help = `Usage: realtime-primitives record [options]

Serves a proxy on 127.0.0.1 that records the calls of any client. Credentials and audio are not written, and text only with --text keep.

  --upstream <url>       the server to connect to (default: wss://api.openai.com)
  --port <number>        port to listen on (default: a free port)
  --out <file>           the recording; further calls get a number: call-2.jsonl (default: call.jsonl)
  --text <length|keep>   length writes the number of characters of transcripts and other text (default: length)
  --redact               replace card numbers, phone numbers, and e-mail addresses in the text; needs --text keep
  --audio                keep the audio in files beside the recording: call.sent.wav and call.received.wav

The API key is taken from the handshake of the client, or from OPENAI_API_KEY.
`

const options = {
  upstream: { type: 'string', default: 'wss://api.openai.com' },
  port: { type: 'string', default: '0' },
  out: { type: 'string', default: 'call.jsonl' },
  text: { type: 'string', default: 'length' },
  redact: { type: 'boolean', default: false },
  audio: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** The `realtime-primitives record` command. */
export const record: Command = async (args, io) => {
  const started = startCommand(args, io, { options, help })
  if (started.exitCode !== undefined) return started.exitCode
  const { values, positionals } = started
  if (positionals.length > 0) return usageError(io, help, `Unexpected argument "${positionals[0]}"`)
  const port = readPort(values.port)
  if (port === undefined) return usageError(io, help, '--port is a number up to 65535')
  const { text } = values
  if (text !== 'length' && text !== 'keep') return usageError(io, help, '--text is length or keep')
  if (values.redact && text !== 'keep') return usageError(io, help, '--redact needs --text keep')
  if (values.redact && values.audio) return usageError(io, help, '--redact cannot remove anything from --audio')
  const upstream = readUpstream(values.upstream)
  if (!upstream) return usageError(io, help, '--upstream is a URL that starts with ws:, wss:, http:, or https:')

  const out = resolve(io.cwd, values.out)
  let calls = 0
  const proxy = await startProxy({
    upstream,
    port,
    text,
    redact: values.redact ? detectAll : undefined,
    apiKey: io.env.OPENAI_API_KEY || undefined,
    openFiles() {
      calls += 1
      return openCallFiles(calls === 1 ? out : numbered(out, calls), values.audio ? 'keep' : 'drop')
    },
    onCall: ({ path, problem }) => io.out(path ? `Recorded ${path}\n` : `A call could not be connected: ${problem}\n`),
  }).catch((error: NodeJS.ErrnoException) => error)
  if (proxy instanceof Error) {
    io.err(`${proxy.code === 'EADDRINUSE' ? `Port ${port} is taken; choose another, or none.` : proxy.message}\n`)
    return exitCodes.usage
  }
  io.out(`The recorder listens on ws://127.0.0.1:${proxy.port}/v1/realtime and connects to ${upstream.origin}

  OPENAI_BASE_URL=http://127.0.0.1:${proxy.port}/v1

Press Ctrl-C to stop.
`)
  if (!io.signal.aborted) await new Promise((done) => io.signal.addEventListener('abort', done, { once: true }))
  await proxy.close()
  return exitCodes.ok
}

function readUpstream(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  return /^(ws|http)s?:$/.test(url.protocol) ? url : undefined
}

/** Returns the path of a further call: `call-2.jsonl`. */
function numbered(path: string, number: number): string {
  return path.replace(/(\.jsonl?)?$/, (extension) => `-${number}${extension}`)
}
