// Run by Node.js, Bun and Deno as a program of its own: talks, tells what happened, and must then end by itself.
import { pathToFileURL } from 'node:url'
import { talk } from './talk.js'

const [baseUrl = '', apiKey = '', probe = ''] = process.argv.slice(2)
const { openSocket } = (await import(pathToFileURL(probe).href)) as { openSocket: string }
process.stdout.write(JSON.stringify({ ...(await talk(baseUrl, apiKey)), openSocket }))
