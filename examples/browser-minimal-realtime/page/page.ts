import { startApp } from './app.js'
import { createServerBackend } from './server-backend.js'

await startApp(await createServerBackend())
