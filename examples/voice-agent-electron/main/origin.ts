/** URL of the page. A scheme of its own has an origin, which `file://` has not, and can be a secure context. */
export const pageUrl = 'app://agent/'

/** Returns whether a URL belongs to the app. */
export function isPageUrl(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return false
  // `origin` is 'null' here: Node does not know that the scheme is a standard one.
  const { protocol, host } = new URL(url)
  return protocol === 'app:' && host === 'agent'
}
