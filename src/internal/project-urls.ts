/**
 * Base URL of the documentation site, without a trailing slash. The host is reserved by RFC 2606 and serves nothing; replace it when the
 * project has a site.
 */
export const docsUrl = 'https://realtime-primitives.example'

/** Base URL of the repository. package.json contains the same address. */
export const repositoryUrl = 'https://realtime-primitives.example/realtime-primitives'
