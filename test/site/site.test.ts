import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { accessibilityOf, noBrowser, overflowOf, shoot, startBrowser } from '../support/browser.js'
import { ago, incident, insert, nowMs, startTestApi } from '../support/api.js'
import { loadConfig } from '../../src/config.js'
import { fileName } from '../../src/dashboard/file-name.js'
import { temporaryFolder } from '../support/embedded.js'
import { deadLinks, filesBelow, serveFolder } from '../support/site.js'
import { reportSettings } from '../../src/http/reports/sources.js'
import type { SiteSources } from '../../src/site/making.js'
import { listSite } from '../../src/site/site.js'
import { writeSite } from '../../src/site/write-site.js'

const { pool } = await startTestApi(t)
const kept = { rawS: Infinity, hourlyS: Infinity }
const sources = (atMs = nowMs): SiteSources => ({
  db: pool, now: () => atMs, unknownAfterS: 1800, charts: { db: pool, now: () => atMs, kept, radiosKept: kept }, timeZone: 'Europe/Zurich', units: 'metric', outline: [], sites: [{ name: 'Summit', nodes: ['Town'], radios: ['Hill'] }],
  reports: { db: pool, now: () => atMs, settings: reportSettings(loadConfig({ TZ: 'Europe/Zurich' }).config, Infinity) },
})
const write = async (folder: string, atMs = nowMs) => await writeSite(folder, await listSite(sources(atMs)), { now: () => atMs })
const evil = '<script>alert(1)</script>'

async function insertMesh (): Promise<void> {
  await insert(pool, 'nodes', [
    ...['Town', 'Lake', evil].map((name) => ({ name, kind: 'router', first_seen: ago(90_000), last_seen: ago(9) })),
    ...[['Hill', 'repeater'], ['Peak', 'repeater'], ['Base', 'companion']].map(([name, kind]) => ({ name, kind, first_seen: ago(90_000), last_seen: ago(9) })),
  ])
  const readings = (node: string, values: Record<string, (i: number) => number>) => Object.entries(values).flatMap(([metric, valueOf]) =>
    Array.from({ length: 90 }, (_, i) => ({ time: ago(i * 900), received_at: ago(i * 900), node, metric, value: valueOf(i) })))
  await insert(pool, 'radio_metrics', [
    ...readings('Hill', { bat: (i) => 3900 - i, last_snr: (i) => 8 - i / 30, nb_recv: (i) => 9000 - 10 * i, 'telemetry.temperature.2': () => 21 }),
    ...readings('Peak', { bat: () => 4000 }),
    ...readings('Base', { battery_mv: () => 4100, contacts: () => 42 }),
  ])
  await insert(pool, 'hop_quality', Array.from({ length: 50 }, (_, i) => ({
    time: ago(i * 40), received_at: ago(i * 40), src: 'Town', dst: 'Lake', hop_index: 0, from_node: 'Town', to_node: 'Lake', link_type: 'rf', lq: 0.4, nlq: 0.9, etx: 2.8,
  })))
  await insert(pool, 'path_probe', Array.from({ length: 50 }, (_, i) => ({
    time: ago(i * 40), received_at: ago(i * 40), src: 'Town', dst: 'Lake', peer: 'Lake', rtt_ms: 12, jitter_ms: 3, loss_pct: 0, route: JSON.stringify(['Town', 'Lake']),
  })))
  await insert(pool, 'incidents', [
    incident('link', 300, { kind: 'rf_quality_drop', category: 'network', severity: 'critical', subject: 'Lake--Town', scope: { type: 'link', a: 'Lake', b: 'Town', medium: 'rf' }, next_steps: ['Check the antenna'], impact: { routes: 1, nodes: ['Lake', 'Town'], paths: ['Town>Lake'] } }),
    incident('evil', 250, { subject: evil, scope: { type: 'node', node: evil }, cause: evil }),
  ])
}

t.test('an empty database gives a site all the same', async (t) => {
  const folder = temporaryFolder(t)
  await write(folder)
  t.same(deadLinks(folder), [])
  t.match(readFileSync(join(folder, 'index.html'), 'utf8'), 'No open issues.')
})

t.test('every link leads somewhere, relative; a second run writes next to nothing', async (t) => {
  await insertMesh()
  const folder = temporaryFolder(t)
  const { written } = await write(folder)
  t.equal(written, filesBelow(folder).filter((path) => !path.startsWith('.meshmon')).length)
  t.same(deadLinks(folder), [])
  for (const path of ['index.html', 'issues.html', '.htaccess']) t.ok(existsSync(join(folder, path)), path)
  for (const path of filesBelow(folder).filter((path) => path.endsWith('.html'))) t.notMatch(readFileSync(join(folder, path), 'utf8'), evil, path)

  t.match(await write(folder), { written: 0, removed: 0 })
  await pool.query("update incidents set state = 'closed', ended_at = $1, resolution = 'recovered' where id = 'evil'", [ago(1)])
  t.match(await write(folder), { removed: 1 })
  t.same(deadLinks(folder), [])

  rmSync(join(folder, 'index.html'))
  await write(folder)
  t.ok(existsSync(join(folder, 'index.html')), 'what somebody has deleted comes back')
})

t.test('charts of radios as files, and their numbers, where meshcore-stats has them', async (t) => {
  await insertMesh()
  const folder = temporaryFolder(t)
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')
  await write(folder)
  for (const metric of ['bat', 'last_snr', 'nb_recv', 'tx_queue_len', 'telemetry.temperature.2']) {
    for (const window of ['day', 'week', 'month', 'year']) {
      for (const theme of ['light', 'dark']) t.match(read(`assets/repeater/${metric}_${window}_${theme}.svg`), /^<svg .*<style>/, `${metric} ${window} ${theme}`)
    }
  }
  t.ok(existsSync(join(folder, 'assets/companion/contacts_week_dark.svg')))
  t.ok(existsSync(join(folder, `assets/radios/${fileName('Peak')}/bat_day_light.svg`)), 'further radios have folders of their own')
  const [light, dark] = ['light', 'dark'].map((theme) => read(`assets/repeater/bat_day_${theme}.svg`))
  t.match(light, '--chart-page:#faf8f5')
  t.match(dark, '--chart-page:#0f1114')
  for (const chart of [light, dark]) t.notMatch(chart, 'prefers-color-scheme', 'of one theme, whatever the reader prefers')
  const stats = JSON.parse(read('assets/repeater/chart_stats.json'))
  t.same(stats.bat.day, { min: 3.811, max: 3.9, avg: stats.bat.day.avg, current: 3.9 })
  t.ok(Math.abs(stats.bat.day.avg - 3.8555) < 0.001, String(stats.bat.day.avg))
  t.same(stats.tx_queue_len.year, { min: null, avg: null, max: null, current: null })

  await pool.query('insert into radio_metrics (time, node, metric, value) values ($1, \'Hill\', \'bat\', 4150)', [ago(-120)])
  await write(folder, nowMs + 120_000)
  const later = JSON.parse(read('assets/repeater/chart_stats.json'))
  t.equal(later.bat.day.max, 4.15, 'the day was drawn anew')
  t.same(later.bat.year, stats.bat.year, 'the year was not, its numbers stay')
  rmSync(join(folder, 'assets/repeater/chart_stats.json'))
  await write(folder, nowMs + 121_000)
  t.match(JSON.parse(read('assets/repeater/chart_stats.json')).bat, { day: { max: 4.15 }, year: { max: 4.15 } }, 'what somebody has deleted comes back whole')
})

t.test('tables hold every row, the list of issues every issue', async (t) => {
  await insertMesh()
  await pool.query("insert into nodes (name, kind, first_seen, last_seen) select 'node-' || i, 'router', $1, $1 from generate_series(1, 1100) i", [ago(60)])
  await pool.query(`insert into incidents (id, kind, category, subject, scope, state, severity, impact, started_at, opened_at)
    select 'many-' || i, 'node_silent', 'node', 'node-' || i, jsonb_build_object('type', 'node', 'node', 'node-' || i), 'open', 'minor', '{}', $1, $1 from generate_series(1, 1100) i`, [ago(60)])
  const folder = temporaryFolder(t)
  await write(folder)
  t.ok(readFileSync(join(folder, 'nodes.html'), 'utf8').split('<tr id=').length > 1100)
  t.ok(readFileSync(join(folder, 'issues.html'), 'utf8').split('issues/many-').length > 1100)
  t.same(deadLinks(folder), [])
})

t.test('in a browser, below a path of another web server', { skip: noBrowser }, async (t) => {
  await insertMesh()
  const folder = temporaryFolder(t)
  await write(folder)
  const address = await serveFolder(t, folder)
  const { open } = await startBrowser(t)
  for (const path of filesBelow(folder).filter((path) => path.endsWith('.html') && !path.includes('/20'))) {
    const { page, complaints } = await open(t, `${address}${path}`, { width: 360 })
    t.same(complaints, [], path)
    t.equal(await overflowOf(page), 0, path)
  }
  const { page } = await open(t, address, { width: 1280 })
  t.same(await accessibilityOf(page), [])
  await shoot(page, 'site-index')
})
