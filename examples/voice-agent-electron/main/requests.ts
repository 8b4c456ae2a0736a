import { type IpcMainInvokeEvent, ipcMain, type WebContents } from 'electron'
import type { Requests } from '../shared/bridge.js'
import { isPageUrl } from './origin.js'

type Unvalidated<Args extends readonly unknown[]> = { [Index in keyof Args]: unknown }

/**
 * Handlers of all requests. Types do not exist at runtime, so arguments are `unknown`: a handler validates them, even though only the app's own
 * page can send them.
 */
export type RequestHandlers = {
  readonly [Channel in keyof Requests]: (
    ...args: Unvalidated<Parameters<Requests[Channel]>>
  ) => ReturnType<Requests[Channel]>
}

/** Handles the requests of one page. Requests of any other frame are rejected. Returns a function that removes the handlers. */
export function handleRequests(page: WebContents, handlers: RequestHandlers): () => void {
  const channels = Object.keys(handlers) as (keyof Requests)[]
  for (const channel of channels) {
    const handler = handlers[channel] as (...args: unknown[]) => Promise<unknown>
    ipcMain.handle(channel, (event, ...args: unknown[]) => {
      if (!isFromPage(event, page)) throw new Error(`A request of "${channel}" came from another page`)
      return handler(...args)
    })
  }
  return () => {
    for (const channel of channels) ipcMain.removeHandler(channel)
  }
}

/** Returns whether an event comes from the main frame of the page, while the page shows the app. */
function isFromPage({ sender, senderFrame }: IpcMainInvokeEvent, page: WebContents): boolean {
  // `senderFrame` is null after the frame was navigated or destroyed.
  return sender === page && senderFrame !== null && senderFrame.parent === null && isPageUrl(senderFrame.url)
}
