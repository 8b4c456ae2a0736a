import { type MediaAccessPermissionRequest, type Session, systemPreferences, type WebContents } from 'electron'
import { isPageUrl } from './origin.js'

/** Allows the page to use the microphone, and nothing else. */
export function allowMicrophone(session: Session, page: WebContents): void {
  // Asked when the page calls getUserMedia.
  session.setPermissionRequestHandler((contents, permission, respond, details) => {
    const { mediaTypes = [] } = details as MediaAccessPermissionRequest
    const isMicrophone = permission === 'media' && mediaTypes.length === 1 && mediaTypes[0] === 'audio'
    if (!isMicrophone || contents !== page || !details.isMainFrame || !isPageUrl(details.requestingUrl))
      return respond(false)
    askSystem().then(respond, () => respond(false))
  })
  // Asked by navigator.permissions and enumerateDevices, which does not list the names of microphones without it.
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin, { mediaType, isMainFrame }) => {
    return permission === 'media' && mediaType === 'audio' && isMainFrame && isPageUrl(requestingOrigin)
  })
  session.setDevicePermissionHandler(() => false)
}

/** macOS asks the user once per app. The other systems have no question for desktop apps. */
async function askSystem(): Promise<boolean> {
  return process.platform !== 'darwin' || systemPreferences.askForMediaAccess('microphone')
}
