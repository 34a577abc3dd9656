import type { Page } from 'playwright-core'
import t from 'tap'
import { ago, incident, insert, startTestApi } from '../support/api.js'
import { accessibilityOf, noBrowser, shoot, startBrowser, swipe } from '../support/browser.js'

const { app, pool } = await startTestApi(t)
const address = await app.listen({ host: '127.0.0.1', port: 0 })
const page360 = 360

/** An issue of a path that lost packets for half an hour, and three hours of its measurements. */
async function insertFault (): Promise<void> {
  await insert(pool, 'path_probe', Array.from({ length: 180 }, (_, i) => ({ time: ago(60 * i), src: 'Hill', dst: 'Town', peer: 'Town', route: [], rtt_ms: 20 + i % 5, jitter_ms: 1, loss_pct: i < 30 ? 20 : 1 })))
  await insert(pool, 'incidents', [incident('fault', 1800, { kind: 'loss_spike', category: 'network', scope: { type: 'path', src: 'Hill', dst: 'Town' }, subject: 'Hill>Town', evidence: { metric: 'loss_pct', unit: '%', open: 5, clear: 3 } })])
}

t.test('the evidence of an issue: its thresholds on what was judged, the fault on every chart', async (t) => {
  await insertFault()
  const { payload } = await app.inject('/ui/issues/fault')
  const [loss = '', ...others] = payload.split('<figure').slice(1)
  t.match(loss, /data-metric="loss_pct".*opens at 5\.0%.*clears at 3\.0%.*the fault/s)
  t.equal(others.length, 2)
  for (const other of others) {
    t.notMatch(other, 'opens at')
    t.match(other, 'Marked: the fault, from 15 Jun 2026, ')
  }
})

t.test('a chart is read with mouse, keyboard and finger, and looked into', { skip: noBrowser }, async (t) => {
  await insertFault()
  const { open } = await startBrowser(t)
  const { page, complaints } = await open(t, `${address}/ui/issues/fault`, { width: 1280 })
  const figure = page.locator('figure.chart[role]').first()
  const svg = figure.locator('svg.meshmon-chart')
  const tip = figure.locator('.chart-tip')
  await svg.scrollIntoViewIfNeeded()
  const box = (await svg.boundingBox())!
  const at = (part: number): [number, number] => [box.x + (62 + part * 716) / 800 * box.width, box.y + box.height / 2]
  const start = await svg.getAttribute('data-x-start')

  await page.mouse.move(...at(0.9))
  t.match(await tip.textContent(), /^Mon,? 15 Jun.*13:5\d: 20\.0%$/, 'in the zone of the browser')
  t.equal(await figure.locator('.marker circle').count(), 1)
  await page.mouse.move(...at(1.04))
  t.equal(await tip.isVisible(), false, 'nothing beside the plot')

  await figure.focus()
  await page.keyboard.press('End')
  const last = await figure.locator('.spoken').textContent()
  t.match(last, /13:59: 20\.0%/)
  await page.keyboard.press('ArrowLeft')
  t.not(await figure.locator('.spoken').textContent(), last)
  await shoot(page, 'chart-marker')

  await page.mouse.move(...at(0.25))
  await page.mouse.down()
  await page.mouse.move(...at(0.5), { steps: 4 })
  await page.mouse.up()
  await figure.locator('.chart-back').waitFor()
  t.not(await svg.getAttribute('data-x-start'), start, 'another time')
  t.same(await accessibilityOf(page), [])
  await shoot(page, 'chart-zoomed')
  await figure.focus()
  const zoomed = await svg.getAttribute('data-x-start')
  await page.keyboard.press('+')
  await figure.locator(`svg:not([data-x-start="${zoomed}"])`).waitFor()
  await figure.locator('.chart-back').click()
  t.equal(await svg.getAttribute('data-x-start'), start, 'the button goes all the way back')
  t.equal(await figure.locator('.chart-back').isVisible(), false)
  await page.keyboard.press('+')
  await figure.locator('.chart-back').waitFor()
  await page.keyboard.press('Escape')
  t.equal(await svg.getAttribute('data-x-start'), start)
  t.same(complaints, [])
})

/** Whether all letters of the first chart are 8 pixels high at least, and its figures beside one another. */
async function lettersOf (page: Page): Promise<{ least: boolean, apart: boolean }> {
  return await page.evaluate(`(() => {
    const svg = document.querySelector('svg.meshmon-chart')
    const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
    const shown = [...svg.querySelectorAll('text')].filter((text) => text.getBoundingClientRect().width > 0)
    const figures = [...svg.querySelectorAll('[data-figure]')].map((figure) => figure.getBoundingClientRect())
    return {
      least: shown.length > 8 && shown.every((text) => parseFloat(getComputedStyle(text).fontSize) * scale >= 7.5),
      apart: figures.length === 4 && figures.every(({ left, right }, i) => right < (figures[i + 1]?.left ?? innerWidth) && left >= 0),
    }
  })()`)
}

t.test('by finger: a tap reads a value, a swipe across looks closer with the thresholds still there, one down scrolls the page', { skip: noBrowser }, async (t) => {
  await insertFault()
  const { open } = await startBrowser(t)
  const { page, complaints } = await open(t, `${address}/ui/issues/fault`, { width: page360, theme: 'dark', hasTouch: true })
  const figure = page.locator('figure.chart[role]').first()
  const svg = figure.locator('svg.meshmon-chart')
  await svg.evaluate((element) => element.scrollIntoView({ block: 'center' }))
  const box = (await svg.boundingBox())!
  const at = (part: number, down = 0): [number, number] => [box.x + (62 + part * 716) / 800 * box.width, box.y + box.height / 2 + down]
  const start = await svg.getAttribute('data-x-start')

  await swipe(page, [at(0.9)])
  t.match(await figure.locator('.chart-tip').textContent(), /13:5\d: 20\.0%/)
  t.equal(await figure.locator('.marker circle').count(), 1)
  t.equal(await figure.locator('.chart-back').isVisible(), false, 'a tap magnifies nothing')
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), page360)
  t.same(await lettersOf(page), { least: true, apart: true }, 'letters of a phone')
  await shoot(page, 'chart-touched')

  const before = await page.evaluate('scrollY') as number
  await swipe(page, [at(0.5), at(0.5, -30), at(0.5, -60), at(0.5, -90), at(0.5, -120)])
  await page.evaluate(`new Promise((resolve) => { const look = () => scrollY > ${before} ? resolve() : requestAnimationFrame(look); look() })`)
  t.equal(await svg.getAttribute('data-x-start'), start)
  t.equal(await figure.locator('.stretch').count(), 0)

  await svg.evaluate((element) => element.scrollIntoView({ block: 'center' }))
  await swipe(page, [at(0.2), at(0.3), at(0.4), at(0.6), at(0.8)])
  await figure.locator('.chart-back').waitFor()
  t.not(await svg.getAttribute('data-x-start'), start)
  t.match(await svg.textContent(), /opens at 5\.0%.*clears at 3\.0%/)
  await figure.locator('.chart-back').click()
  t.equal(await svg.getAttribute('data-x-start'), start)
  t.same(complaints, [])
})

t.test('a chart of any time shows the thresholds and the time of an issue', async (t) => {
  await insertFault()
  const range = `from=${ago(5400)}&to=${ago(0)}`
  const draw = async (metric: string, query: string) => await app.inject(`/charts/paths/Hill/Town/${metric}/range.svg?${range}${query}`)
  t.match((await draw('loss_pct', '&issue=fault')).payload, /opens at 5\.0%.*the fault/s)
  const other = (await draw('rtt_ms', '&issue=fault')).payload
  t.match(other, 'the fault')
  t.notMatch(other, 'opens at')
  t.notMatch((await draw('loss_pct', '')).payload, 'opens at')
  t.equal((await draw('loss_pct', '&issue=none')).statusCode, 404)
})
