/** Returns a predicate for the namespaces that a list enables, such as `realtime-primitives:*,-realtime-primitives:audio`. */
export function parseNamespaces(list: string): (namespace: string) => boolean {
  const names = list.split(/[\s,]+/).filter((name) => name !== '')
  const included = names.filter((name) => !name.startsWith('-')).map(patternOf)
  const excluded = names.filter((name) => name.startsWith('-')).map((name) => patternOf(name.slice(1)))
  const matches = (patterns: readonly RegExp[], name: string) => patterns.some((pattern) => pattern.test(name))
  return (namespace) => matches(included, namespace) && !matches(excluded, namespace)
}

function patternOf(name: string): RegExp {
  const escaped = name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  // In the `debug` package, `name:*` also enables `name`.
  return new RegExp(`^${escaped.replace(/:\.\*$/, '(?::.*)?')}$`)
}

/** Returns the namespaces that the environment enables: `DEBUG` in Node, `localStorage.debug` in pages. */
export function enabledNamespaces(): string {
  const host = globalThis as Partial<DebugGlobals>
  // Both throw where the runtime forbids them. Node has a `localStorage` too, and warns when it is read.
  const variable = attempt(() => host.process?.env?.DEBUG)
  return variable ?? (isPage() ? attempt(() => host.localStorage?.getItem('debug')) : undefined) ?? ''
}

/** Whether the code runs in a page, Electron's included. */
export function isPage(): boolean {
  return 'document' in globalThis
}

interface DebugGlobals {
  readonly process: { readonly env?: { readonly DEBUG?: string } }
  readonly localStorage: { getItem(key: string): string | null }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
