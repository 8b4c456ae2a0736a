// Run by Node.js, Bun and Deno as a program of its own: talks, tells what happened, and must then end by itself.
import { pathToFileURL } from 'node:url'
import { serverHalf } from './server-half.js'
import { talk } from './talk.js'

const [baseUrl = '', apiKey = '', probe = ''] = process.argv.slice(2)
const { openSocket } = (await import(pathToFileURL(probe).href)) as { openSocket: string }
const told = { talk: await talk(baseUrl, apiKey), server: await serverHalf(baseUrl, apiKey), openSocket }
process.stdout.write(JSON.stringify(told))
