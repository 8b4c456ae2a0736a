import { readFile, rm, writeFile } from 'node:fs/promises'
import { safeStorage } from 'electron'

/** The API key of the user, encrypted with a key of the operating system. */
export interface KeyStore {
  readonly apiKey: string | undefined
  /** Whether the key survives a restart. */
  readonly isStored: boolean
  save(apiKey: string): Promise<void>
  delete(): Promise<void>
}

/** Opens the key store. Call it after the app is ready. A file that cannot be decrypted counts as absent. */
export async function openKeyStore(path: string): Promise<KeyStore> {
  let apiKey = await read(path)
  let isStored = apiKey !== undefined
  return {
    get apiKey() {
      return apiKey
    },
    get isStored() {
      return isStored
    },
    async save(next) {
      apiKey = next
      isStored = await isEncryptionSafe()
      // Without encryption the key stays in memory: a readable file would give it to every program of the user.
      if (isStored) await writeFile(path, await safeStorage.encryptStringAsync(next), { mode: 0o600 })
      else await rm(path, { force: true })
    },
    async delete() {
      apiKey = undefined
      isStored = false
      await rm(path, { force: true })
    },
  }
}

async function read(path: string): Promise<string | undefined> {
  const encrypted = await readFile(path).catch(() => undefined)
  if (encrypted === undefined || !(await isEncryptionSafe())) return undefined
  try {
    const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(encrypted)
    if (shouldReEncrypt) await writeFile(path, await safeStorage.encryptStringAsync(result), { mode: 0o600 })
    return result
  } catch {
    // The keychain was reset, or the file comes from another machine.
    return undefined
  }
}

async function isEncryptionSafe(): Promise<boolean> {
  if (!(await safeStorage.isAsyncEncryptionAvailable())) return false
  // Without a password manager, Linux encrypts with a password that is in the source of Chromium.
  return process.platform !== 'linux' || safeStorage.getSelectedStorageBackend() !== 'basic_text'
}
