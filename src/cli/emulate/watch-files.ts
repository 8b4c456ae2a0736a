import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

// Editors write a file in several steps.
const settleMs = 100

/**
 * Calls `onChange` after one of the files has changed. Folders are watched, because many editors replace a file instead of writing to it.
 * @returns A function that stops watching.
 */
export function watchFiles(files: readonly string[], onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const folders = new Map<string, Set<string>>()
  for (const file of files) folders.set(dirname(file), (folders.get(dirname(file)) ?? new Set()).add(basename(file)))
  const watchers: FSWatcher[] = [...folders].map(([folder, names]) => {
    const watcher = watch(folder, (_event, name) => {
      if (name !== null && !names.has(name)) return
      clearTimeout(timer)
      timer = setTimeout(onChange, settleMs)
    })
    // A folder that is removed is reported when the files are read.
    watcher.on('error', () => watcher.close())
    return watcher
  })
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
