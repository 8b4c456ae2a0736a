/** Fields of an object to send that this version does not know. */
export interface WithExtra {
  /**
   * Fields that this version does not know, for servers and models that accept more. The codec adds them to the object as they are, after its
   * check, and they replace fields of the same name. Objects are merged at every depth.
   * @example
   * ```ts
   * session.update({ extra: { audio: { input: { echo_cancellation: true } } } })
   * ```
   */
  extra?: Record<string, unknown> | undefined
}

type Fields = Record<string, unknown>

/**
 * Removes the `extra` of the session, the response, and the items of an event. Returns a function that adds their fields to these objects of
 * an event, which may be a translated one, or `undefined` if there are none.
 */
export function takeExtra(event: unknown): ((event: unknown) => void) | undefined {
  const taken = holdersOf(event).map((holder) => {
    if (!isObject(holder) || !isObject(holder.extra)) return undefined
    const { extra } = holder
    delete holder.extra
    return extra
  })
  if (!taken.some(Boolean)) return undefined
  return (target) => {
    for (const [index, holder] of holdersOf(target).entries()) {
      const extra = taken[index]
      if (extra && isObject(holder)) merge(holder, extra)
    }
  }
}

/** Returns the objects of an event that may have `extra`, each at its own place in the list. */
function holdersOf(event: unknown): readonly unknown[] {
  if (!isObject(event)) return []
  const { session, response, item } = event
  return [session, response, item, ...(isObject(response) && Array.isArray(response.input) ? response.input : [])]
}

/** Adds fields to an object. Objects are merged at every depth. */
export function merge(target: Fields, extra: Fields): void {
  for (const [key, value] of Object.entries(extra)) {
    // Assigning it would change the prototype.
    if (key === '__proto__') continue
    const known = Object.hasOwn(target, key) ? target[key] : undefined
    if (isObject(known) && isObject(value)) merge(known, value)
    else target[key] = value
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
