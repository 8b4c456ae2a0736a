// Runs in the page: what the tests of the example want to know of it. Each function stands alone, since it is sent there as text.

declare global {
  interface Window {
    /** The frames of the call in the order of the wire, such as `sent session.update`. */
    wire: string[]
  }
}

/** Notes every frame before the page sees it; and tells when the policy of the page is broken. */
export function watchWire(): void {
  window.wire = []
  const note = (direction: string, frame: unknown) =>
    window.wire.push(`${direction} ${(JSON.parse(String(frame)) as { type: string }).type}`)
  function watch(pipe: WebSocket | RTCDataChannel): void {
    pipe.addEventListener('message', (event) => note('received', (event as MessageEvent).data))
    const send = pipe.send.bind(pipe) as (data: string) => void
    pipe.send = (data: unknown) => {
      send(data as string)
      note('sent', data)
    }
  }
  window.WebSocket = class extends WebSocket {
    constructor(...address: ConstructorParameters<typeof WebSocket>) {
      super(...address)
      watch(this)
    }
  }
  window.RTCPeerConnection = class extends RTCPeerConnection {
    override createDataChannel(...options: Parameters<RTCPeerConnection['createDataChannel']>) {
      const channel = super.createDataChannel(...options)
      watch(channel)
      return channel
    }
  }
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    reportError(new Error(`policy: ${violatedDirective} ${blockedURI}`))
  })
}

/** Controls without a name, ids that are there twice, references that lead nowhere, landmarks and headings that are missing. */
export function nameProblems(): string[] {
  const problems: string[] = []
  const isShown = (element: Element) => element.checkVisibility()
  for (const control of document.querySelectorAll<HTMLElement>(
    'button, input, select, meter, summary, a, [tabindex]',
  )) {
    if (!isShown(control)) continue
    const labels = 'labels' in control ? [...((control.labels as NodeListOf<HTMLLabelElement> | null) ?? [])] : []
    const name = [control.ariaLabel, ...labels.map((label) => label.textContent), control.textContent].join('').trim()
    if (name === '') problems.push(`${control.tagName} ${control.id} has no name`)
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
  for (const id of new Set(ids))
    if (ids.filter((other) => other === id).length > 1) problems.push(`${id} is there twice`)
  for (const attribute of ['aria-labelledby', 'aria-describedby', 'for'])
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      const id = element.getAttribute(attribute) ?? ''
      if (!ids.includes(id)) problems.push(`${attribute} leads to no ${id}`)
    }
  for (const landmark of ['header', 'main', 'aside', 'h1', '[role=status]', '[role=alert]', '[role=log]'])
    if (document.querySelectorAll(landmark).length !== 1) problems.push(`there is not one ${landmark}`)
  const levels = [...document.querySelectorAll('h1, h2, h3')].map(({ tagName }) => Number(tagName[1]))
  if (levels[0] !== 1 || levels.some((level, at) => level > (levels[at - 1] ?? level) + 1))
    problems.push(`headings of levels ${levels.join(', ')}`)
  return problems
}

/** Words with a contrast of less than 4.5 to 1 to what is behind them; what cannot be used just now is no matter. */
export function contrastProblems(): string[] {
  type Colour = readonly [number, number, number, number]
  const parse = (text: string): Colour => {
    const match = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(text)
    if (!match) throw new Error(`unknown colour ${text}`)
    return [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4] ?? 1)]
  }
  const luminance = ([red, green, blue]: Colour) => {
    const linear = (value: number) => (value <= 10 ? value / 3294 : ((value / 255 + 0.055) / 1.055) ** 2.4)
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }
  const behind = (element: Element): Colour => {
    for (let at: Element | null = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor)
      if (colour[3] === 1) return colour
    }
    return [255, 255, 255, 1]
  }
  const problems = new Set<string>()
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const words = texts.currentNode.textContent?.trim()
    const element = texts.currentNode.parentElement
    if (!words || !element?.checkVisibility() || element.closest('[aria-disabled=true], .sr, option')) continue
    if (element.parentElement?.querySelector(':scope > input:disabled')) continue
    const [front, back] = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))]
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05)
    if (ratio < 4.5) problems.add(`${ratio.toFixed(1)} to 1: ${words}`)
  }
  return [...problems]
}
