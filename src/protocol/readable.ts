import { type Check, missing } from './rule.js'

type Fields = Record<string, unknown>
type Path = readonly (string | number)[]

/** More repairs than any event of a working server needs. */
const maxRepairs = 100

/**
 * Makes an invalid server event valid where the rest of it is enough to continue. An item without `content` and a response without `output`
 * get an empty one. Any object is a `session`: it gets a type, and fields that cannot be read are left out. Returns `false` for an event that
 * stays invalid. Changes the event.
 */
export function keepReadable(type: string, event: unknown, check: Check): boolean {
  const { session, response, error } = event as Fields
  if (isObject(response)) {
    // Some servers send `null` until there is output.
    response.output ??= []
    if (type === 'response.created') response.status ??= 'in_progress'
  }
  if (type === 'error' && isObject(error)) {
    error.type ??= 'unknown_error'
    error.message ??= ''
  }
  const isSession = type.startsWith('session.') && isObject(session)
  for (let count = 0; count <= maxRepairs; count += 1) {
    const problem = check(event)
    if (problem === undefined) return true
    const { path, found } = problem
    const name = path.at(-1)
    if (name === 'content' && (found === missing || found === 'null')) holderOf(event, path)[name] = []
    else if (!isSession || path.length < 2) return false
    else if (name === 'type' && path.length === 2)
      session.type = session.object === 'realtime.transcription_session' ? 'transcription' : 'realtime'
    // Without a required value, the object that requires it cannot be read.
    else if (found !== missing) removeAt(event, path)
    else if (path.length > 2) removeAt(event, path.slice(0, -1))
    else return false
  }
  return false
}

/** Removes the value at a path from the object or array that contains it. */
export function removeAt(root: unknown, path: Path): void {
  const holder = holderOf(root, path)
  const last = path.at(-1) as string | number
  if (Array.isArray(holder)) holder.splice(Number(last), 1)
  else delete holder[last]
}

function holderOf(root: unknown, path: Path): Fields {
  return path.slice(0, -1).reduce((holder, key) => (holder as Fields)[key], root) as Fields
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
