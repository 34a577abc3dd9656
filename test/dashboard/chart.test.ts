import t from 'tap'
import { ago, incident, insert, startTestApi } from '../support/api.js'
import { accessibilityOf, noBrowser, shoot, startBrowser } from '../support/browser.js'

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

  const narrow = await open(t, `${address}/ui/issues/fault`, { width: page360, theme: 'dark' })
  const small = narrow.page.locator('figure.chart[role]').first()
  await small.locator('svg').dispatchEvent('pointerdown', { pointerType: 'touch', clientX: page360 / 2, clientY: (await small.boundingBox())!.y + 50, bubbles: true })
  t.match(await small.locator('.chart-tip').textContent(), '%')
  t.equal(await narrow.page.evaluate('document.documentElement.scrollWidth'), page360)
  t.same(narrow.complaints, [])
})
