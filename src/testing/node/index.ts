export { type EmulatorServer, type ServeOptions, serve, type Upgrade, type UpgradeRefusal } from './serve.js'
