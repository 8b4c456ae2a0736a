/** The script of the page. It runs in any browser, without modules. */
export const script = `'use strict'
const events = JSON.parse(document.getElementById('data').textContent)
const list = document.getElementById('list')
const more = document.getElementById('more')
const count = document.getElementById('count')
const filter = document.getElementById('filter')
const boxes = [...document.querySelectorAll('input[name=direction]')]
const arrows = { sent: '\\u2192', received: '\\u2190', local: '\\u00b7', unknown: ' ' }
const step = 200
let shown = []
let length = 0

function element(name, className, text) {
  const node = document.createElement(name)
  if (className) node.className = className
  if (text !== undefined) node.textContent = text
  return node
}

function row(event) {
  const item = element('li')
  const details = element('details', event.d)
  const summary = element('summary')
  const time = event.t === undefined ? '' : (event.t / 1000).toFixed(3)
  summary.append(element('span', 'time', time))
  const arrow = element('span', 'arrow', arrows[event.d])
  arrow.setAttribute('role', 'img')
  arrow.setAttribute('aria-label', event.d)
  summary.append(arrow, element('code', '', event.y + (event.n > 1 ? ' \\u00d7' + event.n : '')))
  if (event.s) summary.append(element('span', 'quiet', event.s))
  if (event.p) summary.append(element('strong', 'problem', event.p))
  details.append(summary)
  details.addEventListener('toggle', () => {
    if (!details.open || details.lastChild !== summary) return
    const json = element('pre', '', event.j)
    json.tabIndex = 0
    details.append(json)
  })
  item.append(details)
  return item
}

function showMore() {
  const part = document.createDocumentFragment()
  for (const event of shown.slice(length, length + step)) part.append(row(event))
  length = Math.min(shown.length, length + step)
  list.append(part)
  more.hidden = length >= shown.length
}

function apply() {
  const text = filter.value.trim().toLowerCase()
  const directions = new Set(boxes.filter((box) => box.checked).map((box) => box.value))
  directions.add('unknown')
  shown = events.filter((event) => directions.has(event.d) && (!text || (event.y + '\\n' + event.j).toLowerCase().includes(text)))
  length = 0
  list.textContent = ''
  showMore()
  count.textContent = shown.length === events.length ? events.length + ' rows' : shown.length + ' of ' + events.length + ' rows'
}

filter.form.addEventListener('submit', (event) => event.preventDefault())
filter.addEventListener('input', apply)
for (const box of boxes) box.addEventListener('change', apply)
more.addEventListener('click', () => {
  const first = length
  showMore()
  const next = list.children[first]
  if (next) next.querySelector('summary').focus()
})
apply()

const audio = document.querySelector('audio')
const lanes = document.querySelector('.lanes')
const cursor = document.querySelector('.cursor')
const timeline = document.querySelector('.timeline')
const totalMs = Number(lanes.dataset.totalMs)

function point(ms) {
  cursor.hidden = false
  cursor.style.left = 'calc(var(--names) + (100% - var(--names)) * ' + Math.min(1, ms / totalMs) + ')'
}

function reveal(ms) {
  const x = (lanes.scrollWidth * ms) / totalMs
  if (x < timeline.scrollLeft + 60 || x > timeline.scrollLeft + timeline.clientWidth - 60) timeline.scrollLeft = x - timeline.clientWidth / 3
}

function seek(ms) {
  if (audio) audio.currentTime = ms / 1000
  point(ms)
  reveal(ms)
}

for (const button of document.querySelectorAll('[data-seek]')) {
  button.addEventListener('click', () => {
    seek(Number(button.dataset.seek))
    if (audio) audio.play().catch(() => {})
    else timeline.scrollIntoView({ block: 'center' })
  })
}
lanes.addEventListener('click', (event) => {
  const lane = lanes.querySelector('.lane').getBoundingClientRect()
  if (event.clientX >= lane.left) seek(((event.clientX - lane.left) / lane.width) * totalMs)
})
if (audio) {
  const follow = () => {
    point(audio.currentTime * 1000)
    if (!audio.paused) {
      reveal(audio.currentTime * 1000)
      requestAnimationFrame(follow)
    }
  }
  audio.addEventListener('play', follow)
  audio.addEventListener('seeked', () => point(audio.currentTime * 1000))
}
`
