// Finds the Redis server for the tests and the cluster example.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Returns the path of `redis-server`, or `undefined`. `REDIS_SERVER_PATH` takes precedence. */
export function findRedis() {
  const given = process.env.REDIS_SERVER_PATH
  if (given) return existsSync(given) ? given : undefined
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']
  return folders.map((folder) => join(folder, 'redis-server')).find((path) => existsSync(path))
}
