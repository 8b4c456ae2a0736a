/**
 * Base URL of the documentation site, without a trailing slash. The host is reserved by RFC 2606 and serves nothing; replace it when the
 * project has a site.
 */
export const docsUrl = 'https://realtime-primitives.example'
