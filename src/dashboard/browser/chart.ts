/**
 * Charts that can be read point by point and looked into: a marker with time and value under the mouse, the finger or the arrow keys; a stretch
 * drawn with mouse or finger, or + on the keyboard, shows that time alone; Escape or the button goes back. Everything is read from the data
 * attributes of the SVG, so that a chart which replaces another works alike.
 */
const svgSpace = 'http://www.w3.org/2000/svg'
const texts = {
  back: 'Whole range',
  hint: 'Arrow keys read values, plus looks closer, Escape goes back.',
  noValues: 'No values.',
  failed: 'The collector did not answer.',
} as const
/** Pixels of the screen: a shorter stretch is a click, or the tap of a finger. */
const leastStretchPx = { mouse: 8, finger: 24 } as const
const dayMs = 86_400_000

interface Point { timeMs: number, mean: number, min: number, max: number }

interface Picture {
  svg: SVGSVGElement
  points: Point[]
  fromMs: number
  toMs: number
  left: number
  top: number
  right: number
  bottom: number
  x: (timeMs: number) => number
  y: (value: number) => number
  tell: (point: Point) => string
}

function readPicture (svg: SVGSVGElement): Picture {
  const { xStart = '', xEnd = '', yMin = '0', yMax = '1', plot = '', points = '[]', unit = '', digits = '0' } = svg.dataset
  const [left = 0, top = 0, right = 0, bottom = 0] = plot.split(' ').map(Number)
  const [fromMs, toMs] = [Date.parse(xStart), Date.parse(xEnd)]
  const values = JSON.parse(points) as number[][]
  const number = new Intl.NumberFormat(undefined, { minimumFractionDigits: Number(digits), maximumFractionDigits: Number(digits) })
  const date = new Intl.DateTimeFormat(undefined, {
    ...toMs - fromMs > 300 * dayMs ? { year: 'numeric' } : { hour: '2-digit', minute: '2-digit' }, weekday: 'short', month: 'short', day: 'numeric',
  })
  const suffix = unit === '' || unit === '%' || unit === 'd' || unit === '°' || unit.startsWith('/') ? unit : ` ${unit}`
  return {
    svg, fromMs, toMs, left, top, right, bottom,
    points: values.map(([seconds = 0, mean = 0, min = mean, max = mean]) => ({ timeMs: fromMs + seconds * 1000, mean, min, max })),
    x: (timeMs) => left + (timeMs - fromMs) / (toMs - fromMs) * (right - left),
    y: (value) => bottom - (value - Number(yMin)) / (Number(yMax) - Number(yMin)) * (bottom - top),
    tell: ({ timeMs, mean, min, max }) => `${date.format(timeMs)}: ${number.format(mean)}${suffix}${min === max ? '' : ` (${number.format(min)} – ${number.format(max)})`}`,
  }
}

function shape (name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(svgSpace, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  return element
}

function child<K extends keyof HTMLElementTagNameMap> (parent: HTMLElement, name: K, className: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(name)
  element.className = className
  parent.append(element)
  return element
}

/** One figure of a page, whatever chart it shows at the time. */
class Viewer {
  readonly figure: HTMLElement
  private picture: Picture
  /** Charts that Escape goes back to, the first one first. */
  private readonly earlier: SVGSVGElement[] = []
  private chosen: number | undefined
  private stretchFrom: number | undefined
  /** In units of the SVG. */
  private leastStretch = 0
  private readonly marker = shape('g', { class: 'marker' })
  private readonly stretch = shape('rect', { class: 'stretch' })
  private readonly tip: HTMLElement
  private readonly spoken: HTMLElement
  private readonly back: HTMLButtonElement

  constructor (figure: HTMLElement, svg: SVGSVGElement) {
    this.figure = figure
    this.picture = readPicture(svg)
    this.tip = child(figure, 'div', 'chart-tip')
    this.tip.setAttribute('aria-hidden', 'true')
    this.tip.hidden = true
    this.spoken = child(figure, 'p', 'spoken')
    this.spoken.setAttribute('aria-live', 'polite')
    this.back = child(figure, 'button', 'chart-back')
    this.back.type = 'button'
    this.back.textContent = texts.back
    this.back.hidden = true
    this.back.addEventListener('click', () => this.goBack(0))
    figure.tabIndex = 0
    figure.setAttribute('role', 'application')
    figure.setAttribute('aria-roledescription', 'chart')
    this.label()
    this.listen()
  }

  private label (): void {
    const title = this.picture.svg.querySelector('title')?.textContent ?? ''
    this.figure.setAttribute('aria-label', `${title}. ${texts.hint}`)
  }

  private listen (): void {
    const { figure } = this
    figure.addEventListener('pointermove', (event) => this.move(event))
    figure.addEventListener('pointerdown', (event) => this.press(event))
    figure.addEventListener('pointerup', (event) => this.release(event))
    figure.addEventListener('pointercancel', () => this.endStretch())
    figure.addEventListener('pointerleave', (event) => { if (event.pointerType === 'mouse') this.choose(undefined) })
    figure.addEventListener('keydown', (event) => { if (this.key(event.key)) event.preventDefault() })
    figure.addEventListener('blur', () => this.choose(undefined))
  }

  /** Units of the SVG a pixel. */
  private get scale (): number {
    const { svg } = this.picture
    return svg.viewBox.baseVal.width / svg.getBoundingClientRect().width
  }

  /** Where an event is in the units of the SVG; undefined beside the plot. */
  private place ({ clientX, clientY }: PointerEvent): number | undefined {
    const { svg, left, right, top, bottom } = this.picture
    const box = svg.getBoundingClientRect()
    const [x, y] = [(clientX - box.left) * this.scale, (clientY - box.top) * this.scale]
    if (this.stretchFrom !== undefined) return Math.min(Math.max(x, left), right)
    return x < left || x > right || y < top || y > bottom ? undefined : x
  }

  private timeAt (x: number): number {
    const { left, right, fromMs, toMs } = this.picture
    return fromMs + (x - left) / (right - left) * (toMs - fromMs)
  }

  private move (event: PointerEvent): void {
    const x = this.place(event)
    this.choose(x === undefined ? undefined : this.nearest(this.timeAt(x)))
    if (x !== undefined && this.stretchFrom !== undefined && this.isStretchedTo(x)) this.drawStretch(this.stretchFrom, x)
  }

  private press (event: PointerEvent): void {
    const x = this.place(event)
    // A second finger: the page is magnified, or moved.
    if (!event.isPrimary) return this.endStretch()
    if (x === undefined || event.target instanceof HTMLElement || event.button !== 0) return
    if (event.pointerType !== 'mouse') this.choose(this.nearest(this.timeAt(x)))
    if (this.figure.dataset['range'] === undefined) return
    this.stretchFrom = x
    this.leastStretch = leastStretchPx[event.pointerType === 'mouse' ? 'mouse' : 'finger'] * this.scale
    this.figure.setPointerCapture(event.pointerId)
  }

  private isStretchedTo (x: number): boolean {
    return this.stretchFrom !== undefined && Math.abs(x - this.stretchFrom) >= this.leastStretch
  }

  private release (event: PointerEvent): void {
    const [from, to] = [this.stretchFrom, this.place(event)]
    const isStretched = to !== undefined && this.isStretchedTo(to)
    this.endStretch()
    if (from === undefined || to === undefined || !isStretched) return
    this.show(this.timeAt(Math.min(from, to)), this.timeAt(Math.max(from, to)))
  }

  private drawStretch (from: number, to: number): void {
    const { svg, top, bottom } = this.picture
    for (const [key, value] of Object.entries({ x: Math.min(from, to), y: top, width: Math.abs(to - from), height: bottom - top })) this.stretch.setAttribute(key, String(value))
    svg.append(this.stretch)
  }

  private endStretch (): void {
    this.stretchFrom = undefined
    this.stretch.remove()
  }

  private nearest (timeMs: number): number | undefined {
    const { points } = this.picture
    let best: number | undefined
    points.forEach((point, i) => {
      if (best === undefined || Math.abs(point.timeMs - timeMs) < Math.abs((points[best]?.timeMs ?? 0) - timeMs)) best = i
    })
    return best
  }

  /** Marks a point, or none. */
  private choose (index: number | undefined): void {
    this.chosen = index
    const { svg, points, top, bottom, x, y, tell } = this.picture
    const point = index === undefined ? undefined : points[index]
    this.tip.hidden = point === undefined
    this.marker.remove()
    if (point === undefined) return
    const [cx, cy] = [x(point.timeMs), y(point.mean)]
    this.marker.replaceChildren(shape('path', { d: `M${cx},${top}V${bottom}` }), shape('circle', { cx, cy, r: 5 }))
    svg.append(this.marker)
    this.tip.textContent = tell(point)
    const { width, height } = svg.viewBox.baseVal
    const isRight = cx > width / 2
    this.tip.classList.toggle('right', isRight)
    this.tip.style.left = isRight ? '' : `${100 * (cx + 8) / width}%`
    this.tip.style.right = isRight ? `${100 * (width - cx + 8) / width}%` : ''
    this.tip.style.top = `${100 * top / height}%`
  }

  /** Whether the key meant something here. */
  private key (key: string): boolean {
    const { points, fromMs, toMs } = this.picture
    const last = points.length - 1
    const at = this.chosen
    const page = Math.max(1, Math.round(points.length / 10))
    const goals: Partial<Record<string, number>> = {
      ArrowRight: at === undefined ? 0 : at + 1, ArrowLeft: at === undefined ? last : at - 1, PageDown: (at ?? 0) + page, PageUp: (at ?? last) - page, Home: 0, End: last,
    }
    const goal = goals[key]
    if (goal !== undefined) return this.speak(Math.min(Math.max(goal, 0), last))
    if (key === 'Escape' && this.earlier.length > 0) return this.goBack(this.earlier.length - 1)
    if (key === 'Escape' && at !== undefined) { this.choose(undefined); return true }
    if ((key !== '+' && key !== '=') || this.figure.dataset['range'] === undefined) return false
    const middleMs = (at === undefined ? undefined : points[at]?.timeMs) ?? (fromMs + toMs) / 2
    const halfMs = (toMs - fromMs) / 4
    this.show(Math.max(fromMs, middleMs - halfMs), Math.min(toMs, middleMs + halfMs))
    return true
  }

  private speak (index: number): true {
    this.choose(index)
    const point = this.picture.points[index]
    this.spoken.textContent = point === undefined ? texts.noValues : this.picture.tell(point)
    return true
  }

  /** The same chart of another time, from the collector. */
  private show (fromMs: number, toMs: number): void {
    const address = new URL(this.figure.dataset['range'] ?? '', location.href)
    address.searchParams.set('from', new Date(Math.round(fromMs)).toISOString())
    address.searchParams.set('to', new Date(Math.round(Math.max(toMs, fromMs + 60_000))).toISOString())
    readChart(address).then((svg) => {
      this.earlier.push(this.picture.svg)
      this.replace(svg)
    }, () => { this.spoken.textContent = texts.failed })
  }

  private goBack (to: number): true {
    const svg = this.earlier[to]
    this.earlier.length = to
    if (svg !== undefined) this.replace(svg)
    return true
  }

  private replace (svg: SVGSVGElement): void {
    this.choose(undefined)
    if (document.activeElement === this.back) this.figure.focus({ preventScroll: true })
    this.picture.svg.replaceWith(svg)
    this.picture = readPicture(svg)
    this.back.hidden = this.earlier.length === 0
    this.label()
    this.spoken.textContent = svg.querySelector('desc')?.textContent ?? ''
  }
}

/** A chart for a page: without the style sheet of a chart that stands alone, which the page's policy refuses. */
async function readChart (address: URL): Promise<SVGSVGElement> {
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(String(answer.status))
  const text = (await answer.text()).replace(/<style>[^<]*<\/style>/, '')
  const { documentElement } = new DOMParser().parseFromString(text, 'image/svg+xml')
  const svg = document.adoptNode(documentElement)
  if (!(svg instanceof SVGSVGElement)) throw new Error('no chart')
  return svg
}

function setUp (): void {
  for (const figure of document.querySelectorAll<HTMLElement>('figure.chart:not([role])')) {
    const svg = figure.querySelector<SVGSVGElement>('svg.meshmon-chart')
    if (svg !== null) new Viewer(figure, svg) // eslint-disable-line no-new
  }
}

setUp()
document.addEventListener('meshmon:changed', setUp)

export {}
