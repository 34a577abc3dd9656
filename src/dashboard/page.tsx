import type { ComponentChildren } from 'preact'
import { renderToString } from 'preact-render-to-string'
import type { Href, Target } from './href.js'
import { frameTexts, healthTexts } from './texts/frame.js'
import type { MeshHealthBody } from '../http/schemas/health.js'

/** What every page is drawn with. */
export interface View {
  href: Href
  /** Milliseconds since 1970. */
  nowMs: number
  health: MeshHealthBody
  /** A page of a running collector: it has forms, and is told of changes. A static site has neither. */
  isLive: boolean
  /** Shown once, above the page: what became of a form. */
  notice?: string
}

export interface PageContent {
  title: string
  /** The entry of the menu that the page belongs to. */
  section: Section | null
  /** Scripts beyond those of every page, such as chart.js. */
  scripts?: string[]
  children: ComponentChildren
}

const sections = ['overview', 'issues', 'topology', 'nodes', 'links', 'paths', 'radios', 'sites', 'reports', 'rules', 'maintenance', 'rejected'] as const
export type Section = typeof sections[number]
/** What only a running collector has. */
const liveSections: ReadonlySet<Section> = new Set(['rules', 'maintenance', 'rejected'])

/** A whole HTML document. What is in `children` is escaped by Preact. */
export function renderPage (view: View, content: PageContent): string {
  return `<!doctype html>${renderToString(<Page view={view} {...content} />)}`
}

function Page ({ view, title, section, scripts = [], children }: PageContent & { view: View }) {
  const { href, health, isLive, notice } = view
  const asset = (name: string) => href({ to: 'asset', name })
  return (
    <html lang='en'>
      <head>
        <meta charset='utf-8' />
        <meta name='viewport' content='width=device-width, initial-scale=1' />
        <meta name='color-scheme' content='light dark' />
        <title>{`${title} · meshmon`}</title>
        <link rel='icon' href={asset('icon.svg')} type='image/svg+xml' />
        <link rel='stylesheet' href={asset('style.css')} />
        {['times.js', ...isLive ? ['live.js'] : [], ...scripts].map((name) => <script key={name} type='module' src={asset(name)} />)}
      </head>
      <body>
        <a class='skip' href='#main'>{frameTexts.skip}</a>
        <header class='top'>
          <a class='brand' href={href({ to: 'overview' })}>meshmon</a>
          <Health health={health} />
          <nav aria-label={frameTexts.menu}>
            <ul>{sections.filter((name) => isLive || !liveSections.has(name)).map((name) => <MenuEntry key={name} name={name} href={href({ to: name } satisfies Target)} isCurrent={name === section} />)}</ul>
          </nav>
        </header>
        <main id='main' tabIndex={-1}>
          {notice !== undefined && <p class='notice' role='status'>{notice}</p>}
          {children}
        </main>
        <footer>{isLive ? <p><a href='/docs'>{frameTexts.api}</a> · <span id='live' data-live-state='off'>{frameTexts.notLive}</span></p> : <p>{frameTexts.snapshot}</p>}</footer>
      </body>
    </html>
  )
}

function MenuEntry ({ name, href, isCurrent }: { name: Section, href: string, isCurrent: boolean }) {
  return <li><a href={href} {...isCurrent && { 'aria-current': 'page' as const }}>{frameTexts.sections[name]}</a></li>
}

function Health ({ health: { state, open } }: { health: MeshHealthBody }) {
  const total = open.critical + open.major + open.minor
  return <p class={`health ${state}`} id='health'><strong>{healthTexts.states[state]}</strong>{total > 0 && <span>{healthTexts.open(total)}</span>}</p>
}
