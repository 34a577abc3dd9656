import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRequire } from 'node:module'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import type { Test } from 'tap'
import { packageRoot } from '../../src/paths.js'

/** Debian's own; playwright's download of a browser is none we could pin. */
const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))
const shots = join(packageRoot, '.tap', 'screenshots')
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** Why pages can't be tried in a browser here; false where they can. */
export const noBrowser = program === undefined ? 'needs chromium (apt install chromium)' : false

const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

export interface View { width: number, height?: number, theme?: 'light' | 'dark', javaScript?: boolean, hasTouch?: boolean }

export interface Tab {
  page: Page
  /** What went wrong so far: errors in the console, requests to other hosts, answers of 400 and more. */
  complaints: string[]
}

/** A browser for the tests of a file. `open` makes a tab of its own each time. */
export async function startBrowser (t: Pick<Test, 'teardown'>) {
  const browser: Browser = await chromium.launch({ ...(program !== undefined && { executablePath: program }), args: quiet })
  t.teardown(() => browser.close())

  async function open (t: Pick<Test, 'teardown'>, address: string, { width, height = 800, theme = 'light', javaScript = true, hasTouch = false }: View): Promise<Tab> {
    const context: BrowserContext = await browser.newContext({ viewport: { width, height }, colorScheme: theme, javaScriptEnabled: javaScript, hasTouch, timezoneId: 'Europe/Zurich', locale: 'en-GB' })
    t.teardown(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    const { host } = new URL(address)
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(`console: ${message.text()}`) })
    page.on('pageerror', (error) => complaints.push(`script: ${error.message}`))
    page.on('request', (request) => { if (!request.url().startsWith('data:') && new URL(request.url()).host !== host) complaints.push(`another host: ${request.url()}`) })
    page.on('response', (response) => { if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`) })
    await page.goto(address)
    return { page, complaints }
  }
  return { open }
}

/** A finger put down at the first point, moved over the others and lifted, as a touch screen tells it: the page may scroll by it. */
export async function swipe (page: Page, [first, ...others]: [x: number, y: number][]): Promise<void> {
  const device = await page.context().newCDPSession(page)
  const tell = async (type: 'touchStart' | 'touchMove' | 'touchEnd', points: [x: number, y: number][]) =>
    await device.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y]) => ({ x, y })) })
  await tell('touchStart', first === undefined ? [] : [first])
  for (const point of others) await tell('touchMove', [point])
  await tell('touchEnd', [])
  await device.detach()
}

/** How far the page is wider than the window, in pixels: 0 without horizontal scrolling. */
export async function overflowOf (page: Page): Promise<number> {
  return await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}

/** Findings of axe-core that are serious or critical, a line each. */
export async function accessibilityOf (page: Page): Promise<string[]> {
  // Beside the page's own scripts, which its policy alone would let run.
  await page.evaluate(readFileSync(axe, 'utf8'))
  const { violations } = await page.evaluate('axe.run()') as { violations: { impact: string, id: string, nodes: { html: string }[] }[] }
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 120)).join(' | ')}`)
}

/** Keeps a picture of the page for whoever looks at a run of CI. */
export async function shoot (page: Page, name: string): Promise<void> {
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}
