import type { Dialect } from '../session/dialect.js'
import { urlOf } from './endpoint.js'

/** Returns the headers for a key of Azure. A token of Entra ID is a bearer token, and a resource key has a header of its own. */
export function azureHeaders(apiKey: string): Record<string, string> {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(apiKey) ? { Authorization: `Bearer ${apiKey}` } : { 'api-key': apiKey }
}

/**
 * Azure OpenAI (GA). `baseUrl` is the URL of the resource, `model` the name of the deployment, and `apiKey` a key of the resource or a token
 * of Entra ID.
 *
 * @example
 * ```ts
 * webSocket({ dialect: azure, baseUrl: 'https://my-resource.openai.azure.com', apiKey, model: 'my-deployment' })
 * ```
 */
export const azure: Dialect = {
  name: 'azure',
  endpoint: {
    url: (endpoint) => urlOf(endpoint, { path: 'openai/v1/realtime', example: 'https://my-resource.openai.azure.com' }),
    headers: azureHeaders,
  },
}
