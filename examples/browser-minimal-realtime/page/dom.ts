/** The element with an id, which must be of a kind. */
export function find<E extends Element>(id: string, kind: new () => E): E {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} "${id}"`)
  return element
}

/** A new element with a class and words in it. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  text = '',
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (className !== '') element.className = className
  if (text !== '') element.textContent = text
  return element
}

/** A function that runs once before the next picture, however often it is called until then. */
export function beforePaint(draw: () => void): () => void {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    // A hidden page paints no pictures, and is to be right when it is shown again.
    const soon = document.hidden ? (run: () => void) => setTimeout(run, 250) : requestAnimationFrame
    soon(() => {
      isDue = false
      draw()
    })
  }
}

/** Keeps a list scrolled to its end, unless the user has scrolled back. Returns a function that applies changes to the list. */
export function followEnd(list: HTMLElement): (change: () => void) => void {
  // Safari lets keys scroll only what can have the focus.
  list.tabIndex = 0
  let isAtEnd = true
  const goToEnd = () => {
    if (isAtEnd) list.scrollTop = list.scrollHeight
  }
  list.addEventListener('scroll', () => {
    isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 48
  })
  new ResizeObserver(goToEnd).observe(list)
  return (change) => {
    change()
    goToEnd()
  }
}
