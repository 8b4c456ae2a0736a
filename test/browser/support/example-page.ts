// Functions that the tests of the example run in the page. They are sent there as text, so they use nothing from outside their bodies.

declare global {
  interface Window {
    /** Directions and types of all frames in order, such as `sent session.update`. */
    wire: string[]
  }
}

/** Records every frame before the page receives it, and reports violations of the content security policy as errors. */
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

/** Returns controls without a name, duplicate ids, references to missing ids, missing or repeated landmarks, and skipped heading levels. */
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
    if (ids.filter((other) => other === id).length > 1) problems.push(`the id ${id} is not unique`)
  for (const attribute of ['aria-labelledby', 'aria-describedby', 'for'])
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      const id = element.getAttribute(attribute) ?? ''
      if (!ids.includes(id)) problems.push(`${attribute} refers to the missing id ${id}`)
    }
  for (const landmark of ['header', 'main', 'aside', 'h1', '[role=status]', '[role=alert]', '[role=log]'])
    if (document.querySelectorAll(landmark).length !== 1) problems.push(`expected exactly one ${landmark}`)
  const levels = [...document.querySelectorAll('h1, h2, h3')].map(({ tagName }) => Number(tagName[1]))
  if (levels[0] !== 1 || levels.some((level, at) => level > (levels[at - 1] ?? level) + 1))
    problems.push(`headings of levels ${levels.join(', ')}`)
  return problems
}

/** Returns visible texts whose contrast to their background is below 4.5 to 1. Disabled controls are exempt. */
export function contrastProblems(): string[] {
  type Color = readonly [number, number, number, number]
  const parse = (text: string): Color => {
    const match = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(text)
    if (!match) throw new Error(`unknown color ${text}`)
    return [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4] ?? 1)]
  }
  const luminance = ([red, green, blue]: Color) => {
    const linear = (value: number) => (value <= 10 ? value / 3294 : ((value / 255 + 0.055) / 1.055) ** 2.4)
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }
  const behind = (element: Element): Color => {
    for (let at: Element | null = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor)
      if (color[3] === 1) return color
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
