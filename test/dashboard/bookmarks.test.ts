import t from 'tap'
import { ago, insert, startTestApi } from '../support/api.js'

const { get, pool } = await startTestApi(t, { settings: { TZ: 'UTC' } })
const goal = async (path: string) => {
  const { status, headers } = await get(path)
  return status === 302 ? String(headers.location) : status
}

t.test('addresses of meshcore-stats lead to the same here', async (t) => {
  await insert(pool, 'nodes', [['Old Hill', 'repeater'], ['Base', 'companion'], ['New', 'repeater']].map(([name, kind]) => ({ name, kind, first_seen: ago(9e6), last_seen: ago(60) })))
  await insert(pool, 'radio_metrics', [['Old Hill', 'bat'], ['Base', 'battery_mv']].map(([node, metric]) => ({ time: ago(3600), node, metric, value: 4000 })))
  const goals = {
    '/day.html': '/ui/radios/Old%20Hill/day',
    '/year.html': '/ui/radios/Old%20Hill/year',
    '/companion/week.html': '/ui/radios/Base/week',
    '/reports': '/ui/reports',
    '/reports/': '/ui/reports',
    '/reports/index.html': '/ui/reports',
    '/reports/repeater/2026/': '/ui/reports/radios/Old%20Hill/2026',
    '/reports/repeater/2026/06/': '/ui/reports/radios/Old%20Hill/2026/06',
    '/reports/companion/2026/06/index.html': '/ui/reports/radios/Base/2026/06',
    '/reports/companion/2026/06/report.txt': '/reports/radios/Base/2026/06/report.txt',
    '/reports/repeater/2026/report.json': '/reports/radios/Old%20Hill/2026/report.json',
    '/reports/radios/Base/2026/06/': '/ui/reports/radios/Base/2026/06',
    '/reports/radios/Base/2026': '/ui/reports/radios/Base/2026',
    '/assets/repeater/bat_day_dark.svg': '/charts/radios/Old%20Hill/bat/day.svg',
    '/assets/companion/battery_mv_month_light.svg': '/charts/radios/Base/battery_mv/month.svg',
  }
  for (const [path, address] of Object.entries(goals)) {
    t.equal(await goal(path), address, path)
    t.equal((await get(address)).status, 200, address)
  }
  t.equal(await goal('/reports/mesh/2026/06/'), '/ui/reports/mesh/2026/06')
  t.equal((await get('/reports/index.json')).status, 200, 'what has an answer of its own keeps it')
})

t.test('what leads nowhere is 404, what is no period 400', async (t) => {
  await insert(pool, 'nodes', [{ name: 'Hill', kind: 'repeater', first_seen: ago(9e6), last_seen: ago(60) }])
  t.equal(await goal('/day.html'), '/ui/radios/Hill/day')
  for (const path of ['/companion/day.html', '/decade.html', '/assets/repeater/styles.css', '/assets/companion/battery_mv_day_dark.svg', '/reports/companion/2026/', '/reports/router/2026/']) t.equal(await goal(path), 404, path)
  for (const path of ['/reports/repeater/26/', '/reports/repeater/2026/13/']) t.equal(await goal(path), 400, path)
})
