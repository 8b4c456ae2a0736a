// Runs in Node.js, Bun, and Deno. Prints its results as JSON. The process must then exit without `process.exit()`.
import { pathToFileURL } from 'node:url'
import { holdConversation } from './conversation.js'
import { runServerApi } from './server-api.js'

const [baseUrl = '', apiKey = '', probe = ''] = process.argv.slice(2)
const { openSocket } = (await import(pathToFileURL(probe).href)) as { openSocket: string }
const conversation = await holdConversation(baseUrl, apiKey)
const server = await runServerApi(baseUrl, apiKey)
process.stdout.write(JSON.stringify({ conversation, server, openSocket }))
