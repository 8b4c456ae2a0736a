/** The functions that the preload script exposes to the page as `window.desktop`. */
export interface Bridge {
  getSettings(): Promise<Settings>
  /** Creates a client secret for one connection. */
  createClientSecret(): Promise<SecretResult>
  /** Stores the API key. It never comes back to the page. */
  saveApiKey(apiKey: string): Promise<SaveResult>
  /** Deletes the stored API key. */
  deleteApiKey(): Promise<Settings>
  /** Reports whether a call is running. The global shortcut is registered only during a call. */
  setInCall(isInCall: boolean): Promise<CallResult>
  /** Subscribes to notices of the main process. Returns a function that unsubscribes. */
  onNotice(listener: (notice: Notice) => void): () => void
}

export interface Settings {
  /** What the page connects to. `undefined` until there is an API key. */
  readonly service: 'OpenAI' | 'emulator' | undefined
  /** Base URL of the API. `undefined` for the default of the library. */
  readonly baseUrl: string | undefined
  readonly model: string
  /** Whether an API key is stored in a way that survives a restart. */
  readonly isKeyStored: boolean
}

/** Errors lose their class on the way to the page, so results are values. */
export type SecretResult =
  | { readonly value: string }
  | { readonly problem: 'no-key' | 'key-rejected' | 'rate-limited' | 'unreachable' | 'failed' }

export type SaveResult = { readonly settings: Settings } | { readonly problem: 'not-a-key' }

export interface CallResult {
  /** The shortcut, as it is shown to users. `undefined` if another program uses it, or no call is running. */
  readonly shortcut: string | undefined
}

/** `toggle-talk`: the shortcut was pressed. `suspend`, `resume`: the machine goes to sleep or wakes up. `lock`: the screen is locked. */
export type Notice = 'toggle-talk' | 'suspend' | 'resume' | 'lock'

/** IPC channels of the requests, with the types of their handlers in the main process. */
export interface Requests {
  'settings:get': Bridge['getSettings']
  'secret:create': Bridge['createClientSecret']
  'key:save': Bridge['saveApiKey']
  'key:delete': Bridge['deleteApiKey']
  'call:set': Bridge['setInCall']
}

/** IPC channel of the notices. */
export const noticeChannel = 'notice'
