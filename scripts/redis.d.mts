/** Returns the path of `redis-server`, or `undefined`. */
export function findRedis(): string | undefined
