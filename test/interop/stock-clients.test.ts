import { describe, it } from 'vitest'
import { nodeClients, pythonClient } from './support/other-clients.js'
import { stockClients } from './support/stock-clients.js'
import { tasks } from './support/tasks.js'

// Set by `npm run certify:clients`, which installs clients that are no dependencies of this project, and makes a table of the test names.
const { CERTIFY_PYTHON: python, CERTIFY_NODE: node } = process.env

const clients = [
  ...stockClients,
  ...(python ? (['websockets', 'aiohttp'] as const).map((library) => pythonClient(library, python)) : []),
  ...(node ? nodeClients(node) : []),
]

describe.each(clients.map((client) => [`${client.package}: ${client.name}`, client] as const))('%s', (_, client) => {
  it.each(Object.entries(tasks))('%s', { timeout: 90_000 }, async (_task, run) => {
    await run(client)
  })
})

if (node) (await import('./support/tanstack-tasks.js')).declareTanstackTests(node)
