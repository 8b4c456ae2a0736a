// The page without a server, for a static site.
import { startApp } from './app.js'
import { createInPageBackend } from './in-page-backend.js'

await startApp(createInPageBackend())
