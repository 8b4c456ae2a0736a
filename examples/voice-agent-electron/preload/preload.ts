import { contextBridge, type IpcRendererEvent, ipcRenderer } from 'electron'
import { type Bridge, type Notice, noticeChannel, type Requests } from '../shared/bridge.js'

/** Sends a request to the main process. The channel determines the types of the arguments and of the result. */
function request<Channel extends keyof Requests>(
  channel: Channel,
  ...args: Parameters<Requests[Channel]>
): ReturnType<Requests[Channel]> {
  return ipcRenderer.invoke(channel, ...args) as ReturnType<Requests[Channel]>
}

// The page gets these functions and nothing else: neither `ipcRenderer` nor the event of a notice, which refers to it.
const bridge: Bridge = {
  getSettings: () => request('settings:get'),
  createClientSecret: () => request('secret:create'),
  saveApiKey: (apiKey) => request('key:save', apiKey),
  deleteApiKey: () => request('key:delete'),
  setInCall: (isInCall) => request('call:set', isInCall),
  onNotice(listener) {
    const onNotice = (_event: IpcRendererEvent, notice: Notice) => listener(notice)
    ipcRenderer.on(noticeChannel, onNotice)
    return () => void ipcRenderer.off(noticeChannel, onNotice)
  },
}

contextBridge.exposeInMainWorld('desktop', bridge)
