/** What a button that is held down does. */
export interface HoldActions {
  press(): void
  release(): void
}

/**
 * Makes a button work while it is held: with a finger, a mouse, or Space and Enter. Assistive technology can only click, so one click
 * presses the button and the next one releases it. Space works on the whole page, except in controls that use it.
 */
export function holdable(button: HTMLButtonElement, actions: HoldActions): void {
  let isHeld = false
  let isHandled = false

  function press(): void {
    if (isHeld || button.hidden || button.ariaDisabled === 'true') return
    isHeld = true
    button.setAttribute('aria-pressed', 'true')
    actions.press()
  }

  function release(): void {
    if (!isHeld) return
    isHeld = false
    button.setAttribute('aria-pressed', 'false')
    actions.release()
  }

  button.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    isHandled = true
    button.setPointerCapture(event.pointerId)
    press()
  })
  button.addEventListener('lostpointercapture', release)
  button.addEventListener('contextmenu', (event) => event.preventDefault())
  button.addEventListener('click', () => {
    const isOwn = isHandled
    isHandled = false
    if (isOwn) return
    if (isHeld) release()
    else press()
  })

  addEventListener('keydown', (event) => {
    const isOnButton = event.target === button
    if (event.key !== ' ' && !(isOnButton && event.key === 'Enter')) return
    if (!isOnButton && isControl(event.target)) return
    if (button.hidden) return
    event.preventDefault()
    if (!event.repeat) press()
  })
  addEventListener('keyup', (event) => {
    if (event.key !== ' ' && event.key !== 'Enter') return
    // A button is clicked by the Space that goes up.
    if (isHeld && event.target === button) event.preventDefault()
    release()
  })
  // Leaving the page releases the button.
  addEventListener('blur', release)
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, input, select, textarea, summary, a, pre') !== null
}
