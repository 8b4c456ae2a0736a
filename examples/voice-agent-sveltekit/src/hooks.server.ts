import { error, type Handle, type ServerInit } from '@sveltejs/kit'
import { building } from '$app/environment'
import { type Service, startService } from '$lib/server/service'

let service: Service

/** Runs once in each server process. */
export const init: ServerInit = async () => {
  if (building) return
  service = await startService()
  // Emitted by adapter-node after the last request was handled.
  process.once('sveltekit:shutdown', () => void service.close())
}

export const handle: Handle = async ({ event, resolve }) => {
  const { request, locals } = event
  // What other sites send would talk, and book tables, at your expense.
  if (request.method === 'POST' && request.headers.get('sec-fetch-site') !== 'same-origin') error(403, 'own page only')
  locals.service = service
  const response = await resolve(event)
  const policy = response.headers.get('content-security-policy')
  const connect = `connect-src 'self' ${new URL(service.baseUrl).origin}`
  if (policy) response.headers.set('content-security-policy', policy.replace("connect-src 'self'", connect))
  response.headers.set('permissions-policy', 'microphone=(self)')
  response.headers.set('x-content-type-options', 'nosniff')
  return response
}
