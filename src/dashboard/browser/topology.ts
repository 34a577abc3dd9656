/**
 * Pan and magnify the map: drag, pinch, wheel, + - 0 and arrow keys, buttons. Only the viewBox of its inner svg and the size of letters
 * change: letters and marks keep their size on the screen, so names that did not fit at first fit when magnified.
 */
interface Box { x: number, y: number, width: number, height: number }
interface Point { x: number, y: number }

const mostZoom = 24
const stepZoom = 1.5
const defaultLetterPx = 11
/** Letters and marks are never smaller than this on the screen. */
const leastLetterPx = 9.5
/** Magnifications at which names are placed by the server. */
const levels = [8, 4, 2, 1]
/** A finger or mouse that moved less has tapped. */
const tapPx = 5
const keyStep = 0.15
const words = { in: 'Magnify', out: 'Make smaller', all: 'Show all', hint: 'Point at a link or a node to read its figures. Drag to move; + and −, the wheel or two fingers magnify; 0 shows all.' }

/** What is seen; kept when the map is replaced by a newer one, unless nobody has moved it yet: the newer may have the worst issue elsewhere. */
let seen: Box | undefined
let map: MapView | undefined

function start (): void {
  const frame = document.querySelector<HTMLElement>('.map:not(.is-ready)')
  const outer = frame?.querySelector<SVGSVGElement>(':scope > svg')
  const view = outer?.querySelector<SVGSVGElement>('svg.view')
  if (!frame || !outer || !view) return
  map?.end()
  if (map?.isUntouched === true) seen = undefined
  map = new MapView(frame, outer, view)
}

class MapView {
  readonly full: Box
  /** What is seen at first. */
  readonly first: Box | undefined
  readonly letterPx: number
  readonly pointers = new Map<number, Point>()
  readonly told = document.createElement('p')
  readonly resized = new ResizeObserver(() => this.draw())
  /** How far the pointer was dragged since it went down. */
  draggedPx = 0

  constructor (readonly frame: HTMLElement, readonly outer: SVGSVGElement, readonly view: SVGSVGElement) {
    const { x, y, width, height } = view.viewBox.baseVal
    this.letterPx = Number(view.dataset['letters'] ?? defaultLetterPx)
    this.full = { x: 0, y: 0, width: view.width.baseVal.value, height: view.height.baseVal.value }
    frame.classList.add('is-ready')
    outer.setAttribute('tabindex', '0')
    this.addButtons()
    this.told.className = 'map-told'
    this.told.setAttribute('aria-live', 'polite')
    this.told.textContent = words.hint
    frame.append(this.told)
    this.listen()
    const isFresh = seen === undefined
    this.show(seen ?? { x, y, width, height })
    if (isFresh) this.first = seen
    this.resized.observe(outer)
  }

  end (): void {
    this.resized.disconnect()
  }

  get isUntouched (): boolean {
    return this.first !== undefined && seen === this.first
  }

  get zoom (): number {
    return this.full.width / (seen ?? this.full).width
  }

  /** Shows a part of the map, as much of it as there is. */
  show ({ x, y, width }: Box): void {
    const { full } = this
    const zoom = Math.min(mostZoom, Math.max(1, full.width / width))
    const [w, h] = [full.width / zoom, full.height / zoom]
    seen = { x: Math.min(Math.max(x, 0), full.width - w), y: Math.min(Math.max(y, 0), full.height - h), width: w, height: h }
    this.draw()
  }

  draw (): void {
    const { full, view, zoom } = this
    const { x, y, width, height } = seen ?? full
    const pxPerUnit = this.outer.clientWidth / full.width || 1
    const letters = Math.max(this.letterPx, leastLetterPx / pxPerUnit)
    view.setAttribute('viewBox', `${x} ${y} ${width} ${height}`)
    view.setAttribute('font-size', String(letters / zoom))
    view.dataset['zoom'] = String(levels.find((level) => level <= zoom * this.letterPx / letters + 0.01) ?? 0)
    this.frame.classList.toggle('is-magnified', zoom > 1 && !this.isUntouched)
  }

  /** Magnifies so that `at` stays where it is. */
  magnify (factor: number, at?: Point): void {
    const box = seen ?? this.full
    const { x, y } = at ?? { x: box.x + box.width / 2, y: box.y + box.height / 2 }
    const zoom = Math.min(mostZoom, Math.max(1, this.zoom * factor))
    const [width, height] = [this.full.width / zoom, this.full.height / zoom]
    this.show({ x: x - (x - box.x) * width / box.width, y: y - (y - box.y) * height / box.height, width, height })
  }

  move (dx: number, dy: number): void {
    const box = seen ?? this.full
    this.show({ ...box, x: box.x + dx, y: box.y + dy })
  }

  /** A point of the window on the map. */
  toMap ({ x, y }: Point): Point {
    // Of the outer svg: browsers differ in what the matrix of an inner one holds.
    const outer = this.outer.getScreenCTM()
    const box = seen ?? this.full
    if (outer === null) return { x: 0, y: 0 }
    const { x: px, y: py } = new DOMPoint(x, y).matrixTransform(outer.inverse())
    return { x: box.x + px / this.full.width * box.width, y: box.y + py / this.full.height * box.height }
  }

  listen (): void {
    const { outer } = this
    outer.addEventListener('wheel', (event) => this.onWheel(event), { passive: false })
    outer.addEventListener('pointerdown', (event) => this.onDown(event))
    outer.addEventListener('pointermove', (event) => this.onMove(event))
    for (const name of ['pointerup', 'pointercancel'] as const) outer.addEventListener(name, (event) => this.onUp(event))
    outer.addEventListener('click', (event) => { if (this.draggedPx > tapPx) event.preventDefault() }, true)
    outer.addEventListener('dragstart', (event) => event.preventDefault())
    outer.addEventListener('keydown', (event) => this.onKey(event))
    outer.addEventListener('pointerover', (event) => this.tell(event.target))
    outer.addEventListener('focusin', (event) => {
      this.tell(event.target)
      this.bringIntoView(event.target)
    })
  }

  /** At the smallest, and while nobody has moved the map, the wheel scrolls the page on. */
  onWheel (event: WheelEvent): void {
    if ((this.zoom === 1 || this.isUntouched) && event.deltaY > 0) return
    event.preventDefault()
    this.magnify(event.deltaY < 0 ? 1.25 : 0.8, this.toMap({ x: event.clientX, y: event.clientY }))
  }

  onDown (event: PointerEvent): void {
    if (event.pointerType === 'mouse' && event.button !== 0) return
    if (this.pointers.size === 0) this.draggedPx = 0
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
  }

  onMove (event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId)
    if (before === undefined) return
    const now = { x: event.clientX, y: event.clientY }
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1]
    this.draggedPx += Math.hypot(now.x - before.x, now.y - before.y)
    if (this.draggedPx > tapPx && !this.outer.hasPointerCapture(event.pointerId)) this.outer.setPointerCapture(event.pointerId)
    const [from, to] = [this.toMap(before), this.toMap(now)]
    if (other === undefined) this.move(from.x - to.x, from.y - to.y)
    else this.magnify(Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y)), this.toMap(other))
    this.pointers.set(event.pointerId, now)
    this.frame.classList.add('is-dragged')
  }

  onUp (event: PointerEvent): void {
    this.pointers.delete(event.pointerId)
    if (this.pointers.size === 0) this.frame.classList.remove('is-dragged')
  }

  onKey (event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const { width, height } = seen ?? this.full
    const acts: Record<string, () => void> = {
      '+': () => this.magnify(stepZoom),
      '=': () => this.magnify(stepZoom),
      '-': () => this.magnify(1 / stepZoom),
      0: () => this.show(this.full),
      ...this.zoom > 1 && {
        ArrowLeft: () => this.move(-width * keyStep, 0),
        ArrowRight: () => this.move(width * keyStep, 0),
        ArrowUp: () => this.move(0, -height * keyStep),
        ArrowDown: () => this.move(0, height * keyStep),
      },
    }
    const act = acts[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  }

  /** What is pointed at, in words: a finger sees no tooltip. */
  tell (target: EventTarget | null): void {
    const title = target instanceof Element ? target.closest('svg.view a, svg.view .links path, svg.view g')?.querySelector(':scope > title') : null
    if (title !== null && title !== undefined) this.told.textContent = title.textContent
  }

  bringIntoView (target: EventTarget | null): void {
    const spot = target instanceof SVGAElement ? target.transform.baseVal.consolidate()?.matrix : undefined
    if (spot === undefined || seen === undefined) return
    const { x, y, width, height } = seen
    const isSeen = spot.e > x && spot.e < x + width && spot.f > y && spot.f < y + height
    if (!isSeen) this.show({ ...seen, x: spot.e - width / 2, y: spot.f - height / 2 })
  }

  addButtons (): void {
    const box = document.createElement('div')
    box.className = 'map-buttons'
    const add = (sign: string, label: string, act: () => void) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.textContent = sign
      button.title = label
      button.setAttribute('aria-label', label)
      button.addEventListener('click', act)
      box.append(button)
    }
    add('+', words.in, () => this.magnify(stepZoom))
    add('−', words.out, () => this.magnify(1 / stepZoom))
    add('⤢', words.all, () => this.show(this.full))
    this.frame.append(box)
  }
}

document.addEventListener('meshmon:changed', start)
start()

export {}
