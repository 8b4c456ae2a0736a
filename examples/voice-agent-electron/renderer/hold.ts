/** A button that is active while it is held: with a mouse, a finger, Space, or Enter. */
export function holdable(
  button: HTMLElement,
  { press, release }: { readonly press: () => void; readonly release: () => void },
): void {
  let isHeld = false

  function down(): void {
    if (isHeld || button.ariaDisabled === 'true') return
    isHeld = true
    press()
  }

  function up(): void {
    if (!isHeld) return
    isHeld = false
    release()
  }

  button.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    button.setPointerCapture(event.pointerId)
    down()
  })
  button.addEventListener('lostpointercapture', up)
  button.addEventListener('contextmenu', (event) => event.preventDefault())
  button.addEventListener('keydown', (event) => {
    if (event.key !== ' ' && event.key !== 'Enter') return
    event.preventDefault()
    if (!event.repeat) down()
  })
  button.addEventListener('keyup', (event) => {
    if (event.key !== ' ' && event.key !== 'Enter') return
    event.preventDefault()
    up()
  })
  // Screen readers click without pressing: the first click starts, and the next one stops.
  button.addEventListener('click', ({ detail }) => {
    if (detail !== 0) return
    if (isHeld) up()
    else down()
  })
  addEventListener('blur', up)
}
