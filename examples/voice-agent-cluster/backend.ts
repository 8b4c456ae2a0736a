import type { AgentNodeOptions } from './agent.js'

/** The tools of the nodes: requests to another system, which the router plays. It counts how often each key arrives. */
export function backendOf(url: string): Pick<AgentNodeOptions, 'book' | 'charge'> {
  const request = (tool: string) => async (key: string) => {
    const response = await fetch(`${url}/backend/${tool}?key=${encodeURIComponent(key)}`, { method: 'POST' })
    return response.text()
  }
  return { book: request('book'), charge: request('charge') }
}
