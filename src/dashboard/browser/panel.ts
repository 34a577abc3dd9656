/**
 * <meshmon-issues src="http://collector:8080">: the open issues of a mesh, for any page. Attributes: src (the collector; that of this script
 * unless given), limit (10), severity (critical, major or minor and worse). Colours follow the page by the custom properties
 * --meshmon-text, --meshmon-background, --meshmon-line, --meshmon-link. CORS_ORIGINS of the collector must let the page read; it does unless set.
 */
interface Issue {
  id: string
  title: string
  severity: 'critical' | 'major' | 'minor'
  category: string
  cause: string | null
  next_steps: string[]
  started_at: string
  caused_by: string | null
  acknowledged: boolean
  in_maintenance: boolean
  stale: boolean
}

interface Health { state: 'green' | 'yellow' | 'red' | 'unknown' }

const css = `
:host { display: block; font: 15px/1.45 system-ui, sans-serif; color: var(--meshmon-text, #1a1915); background: var(--meshmon-background, #faf8f5);
  border: 1px solid var(--meshmon-line, #e8e4dc); border-radius: 6px; padding: .6rem .8rem; color-scheme: light dark }
:host([hidden]) { display: none }
h2 { font-size: 1rem; margin: 0 0 .4rem; border-left: 5px solid var(--state); padding-left: .5rem }
ul { list-style: none; margin: 0; padding: 0 }
li { border-top: 1px solid var(--meshmon-line, #e8e4dc); padding: .35rem 0; overflow-wrap: anywhere }
a { color: var(--meshmon-link, #92400e) }
p { margin: .1rem 0 0 }
small { opacity: .8 }
b { font-size: .75rem; border: 1.5px solid var(--level); border-radius: 4px; padding: 0 .35rem; margin-right: .3rem }
.red, .critical { --state: #b91c1c; --level: #b91c1c }
.yellow, .major { --state: #b45309; --level: #b45309 }
.unknown, .minor { --state: #78716c; --level: #78716c }
.green { --state: #15803d }
@media (prefers-color-scheme: dark) {
  :host { color: var(--meshmon-text, #f0efe8); background: var(--meshmon-background, #0f1114); border-color: var(--meshmon-line, #252a30) }
  li { border-color: var(--meshmon-line, #252a30) }
  a { color: var(--meshmon-link, #fbbf24) }
}`

const states = { green: 'The mesh is well', yellow: 'Something is wrong', red: 'Critical', unknown: 'Nothing is heard' }
const levels = ['critical', 'major', 'minor']
const rank = ({ severity, acknowledged, in_maintenance: inMaintenance, stale }: Issue) => levels.indexOf(severity) + (acknowledged || inMaintenance || stale ? 10 : 0)
const retryMs = 30_000
const settleMs = 500
const here = new URL(import.meta.url).origin

function make (name: string, text: string, attributes: Record<string, string> = {}): HTMLElement {
  const element = document.createElement(name)
  element.textContent = text
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  return element
}

class MeshmonIssues extends HTMLElement {
  static readonly observedAttributes = ['src', 'limit', 'severity']
  readonly #root = this.attachShadow({ mode: 'open' })
  #stream: EventSource | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #reading: AbortController | null = null

  constructor () {
    super()
    // A style element would need the page's policy to allow it.
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    this.#root.adoptedStyleSheets = [sheet]
  }

  get #collector (): string {
    return new URL(this.getAttribute('src') ?? here, location.href).href.replace(/\/$/, '')
  }

  connectedCallback (): void {
    this.setAttribute('role', 'region')
    if (!this.hasAttribute('aria-label')) this.setAttribute('aria-label', 'Issues of the mesh')
    this.#listen()
    this.#plan(0)
  }

  disconnectedCallback (): void {
    this.#stream?.close()
    this.#reading?.abort()
    clearTimeout(this.#timer)
  }

  attributeChangedCallback (name: string): void {
    if (!this.isConnected) return
    if (name === 'src') this.#listen()
    this.#plan(0)
  }

  #listen (): void {
    this.#stream?.close()
    this.#stream = new EventSource(`${this.#collector}/events`)
    for (const name of ['issue.opened', 'issue.updated', 'issue.closed', 'health', 'reset']) this.#stream.addEventListener(name, () => this.#plan(settleMs))
  }

  #plan (ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => { this.#read().catch(() => {}) }, ms)
  }

  async #read (): Promise<void> {
    this.#reading?.abort()
    const reading = this.#reading = new AbortController()
    const get = async (path: string): Promise<unknown> => {
      const answer = await fetch(`${this.#collector}${path}`, { signal: reading.signal })
      if (!answer.ok) throw new Error(`it answers ${answer.status}`)
      return await answer.json()
    }
    try {
      const [health, issues] = await Promise.all([get('/health'), get('/issues?limit=1000')]) as [Health, Issue[]]
      this.#show(health, issues)
    } catch (error) {
      if (reading.signal.aborted) return
      this.#root.replaceChildren(make('p', `The collector at ${this.#collector} does not answer. ${error instanceof Error ? error.message : ''}`, { role: 'status' }))
      this.#plan(retryMs)
    }
  }

  #show (health: Health, issues: Issue[]): void {
    const limit = Math.max(1, Number(this.getAttribute('limit') ?? 10) || 10)
    const least = levels.indexOf(this.getAttribute('severity') ?? 'minor')
    const known = new Set(issues.map(({ id }) => id))
    const shown = issues
      .filter((issue) => issue.category !== 'data_quality' && !(issue.caused_by !== null && known.has(issue.caused_by)) && (least < 0 || levels.indexOf(issue.severity) <= least))
      .sort((x, y) => rank(x) - rank(y) || x.started_at.localeCompare(y.started_at))
    const list = document.createElement('ul')
    for (const issue of shown.slice(0, limit)) list.append(this.#line(issue))
    const more = shown.length - limit
    if (more > 0) list.append(make('li', `${more} more`))
    this.#root.replaceChildren(make('h2', states[health.state], { class: health.state, role: 'status' }), shown.length === 0 ? make('p', 'No open issues.') : list)
  }

  #line (issue: Issue): HTMLElement {
    const line = make('li', '', { class: issue.severity })
    const link = make('a', issue.title, { href: `${this.#collector}/ui/issues/${encodeURIComponent(issue.id)}`, target: '_blank', rel: 'noopener' })
    const since = make('small', ` since ${new Date(issue.started_at).toLocaleString()}${issue.acknowledged ? ', seen' : ''}${issue.in_maintenance ? ', maintenance' : ''}`)
    line.append(make('b', issue.severity), link, since)
    const [step] = issue.next_steps
    for (const text of [issue.cause, step]) if (text !== null && text !== undefined) line.append(make('p', text))
    return line
  }
}

customElements.define('meshmon-issues', MeshmonIssues)
