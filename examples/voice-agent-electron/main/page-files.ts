import { readFile } from 'node:fs/promises'
import { isPageUrl } from './origin.js'

/** The files of the page. A request for another path is answered with 404, so no path leads out of the folder. */
const types: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'worklet.js': 'text/javascript; charset=utf-8',
}

/**
 * Creates the handler of the `app:` scheme, for `protocol.handle`.
 * @param folder a URL that ends with a slash
 * @param apiOrigins returns the origins that the page may connect to
 */
export function servePageFiles(
  folder: URL,
  apiOrigins: () => readonly string[],
): (request: Request) => Promise<Response> {
  return async ({ url }) => {
    const name = new URL(url).pathname.slice(1) || 'index.html'
    const type = Object.hasOwn(types, name) ? types[name] : undefined
    if (!isPageUrl(url) || type === undefined) return new Response('Not found', { status: 404 })
    const headers = {
      'content-type': type,
      'content-security-policy': policyFor(apiOrigins()),
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    }
    return new Response(new Uint8Array(await readFile(new URL(name, folder))), { headers })
  }
}

function policyFor(apiOrigins: readonly string[]): string {
  return [
    ...["default-src 'none'", "script-src 'self'", "style-src 'self'", 'img-src data:'],
    `connect-src ${apiOrigins.join(' ')}`,
    ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"],
  ].join('; ')
}

/** Returns the origins of an API for `fetch` and for WebSockets. */
export function originsOf(baseUrl = 'https://api.openai.com/v1'): readonly string[] {
  const { origin } = new URL(baseUrl)
  return [origin, origin.replace('http', 'ws')]
}
