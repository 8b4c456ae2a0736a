import { type NextRequest, NextResponse } from 'next/server'

const isDevelopment = process.env.NODE_ENV === 'development'

/** Sets the Content-Security-Policy: only scripts with this response's nonce and the scripts they load, and no servers except this one and the API. */
export function proxy(request: NextRequest): NextResponse {
  const nonce = btoa(crypto.randomUUID())
  const policy = [
    "default-src 'self'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ''}`,
    `style-src 'self'${isDevelopment ? " 'unsafe-inline'" : ''}`,
    "img-src 'self' data:",
    `connect-src 'self' ${apiOrigins()}`,
    ...["object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"],
  ].join('; ')
  const headers = new Headers(request.headers)
  headers.set('content-security-policy', policy)
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  response.headers.set('permissions-policy', 'microphone=(self)')
  return response
}

function apiOrigins(): string {
  const { OPENAI_API_KEY, OPENAI_BASE_URL } = process.env
  // The emulator takes a port that is free.
  if (!OPENAI_API_KEY) return 'http://127.0.0.1:* ws://127.0.0.1:*'
  const { origin } = new URL(OPENAI_BASE_URL || 'https://api.openai.com')
  return `${origin} ${origin.replace('http', 'ws')}`
}

export const config = { matcher: '/' }
