import t from 'tap'
import { accessibilityOf, noBrowser, overflowOf, shoot, startBrowser } from '../support/browser.js'
import { ago, closed, incident, insert, startTestApi } from '../support/api.js'
import { evil, insertOddMesh, long, seen } from '../support/odd-mesh.js'

const { app, get, pool } = await startTestApi(t, { sites: [{ name: 'Mountain', nodes: ['hill'], radios: ['SOLAR'] }, { name: long, nodes: [evil, long], radios: [] }, { name: 'Alone', nodes: ['Lost', 'unheard'], radios: [] }] })
const address = await app.listen({ host: '127.0.0.1', port: 0 })

const textOf = (html: string) => html.replace(/<(style|title)[^>]*>.*?<\/\1>/gs, '').replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
const read = async (address: string) => {
  const { status, text } = await get(address)
  t.equal(status, 200, address)
  t.notMatch(text, evil, 'names are text')
  return { html: text, text: textOf(text) }
}
const timelineOf = (html: string) => [.../<ol class="timeline">(.*?)<\/ol>/s.exec(html)?.[1]?.matchAll(/<li>(.*?)<\/li>/gs) ?? []].map(([, item = '']) => textOf(item).trim())
const hour = 3600
const day = 24 * hour

async function insertPlaces (): Promise<void> {
  await insertOddMesh(pool)
  const at = { lat: 47, lon: 8 }
  await insert(pool, 'nodes', [{ name: 'Roof', kind: 'router', ...seen, ...at }, { name: 'Roof radio', kind: 'repeater', ...seen, ...at }, { name: 'Next village', kind: 'repeater', ...seen, lat: 47.01, lon: 8 }])
  const health = (s: number, uptime: number, restarts = 1) => ({ time: ago(s), received_at: ago(s), node: 'Hill', source: 'agent', cpu_pct: 30, uptime_seconds: uptime, restart_count: restarts })
  await insert(pool, 'agent_health', [
    // Up for three days, then booted 40 min before the last of these; days ago one restart while nobody heard it.
    health(5 * day, 900_000), health(4 * day, 7200), health(4 * day - hour, 10_800),
    health(6 * hour, 4 * day - 6 * hour + 7200), health(5 * hour, 2400), health(4 * hour, 6000), health(200, 19_800),
  ])
  await insert(pool, 'radio_metrics', [
    ...[6, 5, 4, 3, 2, 1].flatMap((h) => [{ time: ago(h * hour), node: 'Solar', metric: 'uptime', value: h > 3 ? 500_000 - h * hour : (4 - h) * hour - 600 }, { time: ago(h * hour), node: 'Solar', metric: 'bat', value: 3290 + h }, { time: ago(h * hour), node: 'Solar', metric: 'noise_floor', value: -110 - h }]),
  ])
  const event = (s: number, event: string, reason: string | null = null) => ({ time: ago(s), received_at: ago(s), node: 'Solar', event, reason })
  await insert(pool, 'worker_event', [event(3.5 * hour, 'breaker_open', 'no_answer'), event(3 * hour, 'breaker_closed'), event(2 * hour, 'poll_ok'), event(8 * day, 'login_failed')])
  const link = { category: 'network', scope: { type: 'link', a: 'Hill', b: 'Lake', medium: 'rf' }, subject: 'Hill--Lake' }
  await insert(pool, 'incidents', [
    incident('drop', 5.5 * hour, { ...closed(4.5 * hour), ...link, kind: 'link_down' }), incident('old', 9 * day, { ...closed(8 * day), ...link, kind: 'link_down' }),
    incident('late', 10 * day, { ...closed(2 * day), ...link, kind: 'link_down' }), incident('battery', 2.5 * hour, { kind: 'battery_low', category: 'radio', scope: { type: 'node', node: 'Solar' }, subject: 'Solar' }),
    incident('other', 2.5 * hour, { kind: 'node_silent', scope: { type: 'node', node: 'Roof' }, subject: 'Roof' }),
  ])
}

t.test('places by file and by coordinates; one alone is none', async (t) => {
  t.match((await read('/ui/sites')).text, 'No two nodes or radios are known to stand together.')
  await insertPlaces()
  const { html, text } = await read('/ui/sites')
  for (const part of [/Mountain Hill Solar .*SITES/, /Roof Roof Roof radio .*coordinates/]) t.match(text, part)
  t.notMatch(text, /Alone|Next village/)
  t.match(html, '<a href="/ui/sites/Mountain">Mountain</a>')
  t.match((await read('/ui/nodes')).html, '<a href="/ui/sites">')
  t.equal((await get('/ui/sites/Alone')).status, 404)
  t.equal((await get('/ui/sites/Mountain?window=century')).status, 400)
})

t.test('one time line of nodes and radios, newest first: restarts, issues, link drops, what the worker says', async (t) => {
  await insertPlaces()
  const { html, text } = await read('/ui/sites/mountain')
  t.match(text, /What stands here .*Hill router active .*Solar repeater active/)
  const items = timelineOf(html).filter((item) => !/Repeated crashes|High jitter|Radio link quality/.test(item)).map((item) => item.replace(/^\S+ (\S+) UTC /, '$1 '))
  const wanted = [/^09:30 .*Battery low: Solar began/, /^09:00 Solar answers again/, /^08:30 Solar is asked no more for a while: it did not answer: no_answer/, /^08:10 Solar restarted after 5 d/, /^07:30 .*Link down: Hill.* ended/,
    /^06:30 .*Link down: Hill.* began/, /^06:20 Hill restarted after 3 d/, /^12:00 .*Link down.* ended/, /^10:00 Hill restarted after 10 d/]
  t.equal(items.length, wanted.length, items.join('\n'))
  for (const [i, pattern] of wanted.entries()) t.match(items[i], pattern)
  for (const metric of ['bat_pct', 'noise_floor', 'uptime', 'cpu_pct', 'noise_dbm']) t.match(html, `data-metric="${metric}"`)
  t.match((await read('/ui/sites/Roof')).text, /Node silent: Roof.*Node silent: Roof began/)
  t.match((await read(`/ui/sites/${long}`)).text, 'Nothing')
})

t.test('nodes tell their place, in the API and on their pages', async (t) => {
  await insertPlaces()
  const sites = new Map((await get('/nodes')).body.map(({ id, site }: { id: string, site: string | null }) => [id, site]))
  for (const [id, site] of [['Hill', 'Mountain'], ['Solar', 'Mountain'], ['Roof radio', 'Roof'], ['Lost', null], ['Next village', null]] as const) t.equal(sites.get(id), site, id)
  t.equal((await get('/nodes/hill')).body.site, 'Mountain')
  t.match((await read('/ui/nodes/Hill')).html, '<a href="/ui/sites/Mountain">Mountain</a>')
  t.match((await read('/ui/radios/Solar/day')).html, '<a href="/ui/sites/Mountain">Mountain</a>')
  t.notMatch((await read('/ui/radios/Mute/day')).html, '/ui/sites/')
  t.notMatch((await read('/ui/nodes/Lost')).html, '/ui/sites/')
})

t.test('in a browser: every width and theme', { skip: noBrowser }, async (t) => {
  await insertPlaces()
  const { open } = await startBrowser(t)
  for (const [path, name] of [['/ui/sites', 'sites'], ['/ui/sites/Mountain?window=week', 'site'], [`/ui/sites/${long}`, 'site-long']] as const) {
    for (const [width, theme] of [[360, 'light'], [360, 'dark'], [1280, 'light'], [1280, 'dark']] as const) {
      const { page, complaints } = await open(t, `${address}${path}`, { width, theme })
      await page.waitForSelector('#live[data-live-state=on]')
      t.equal(await overflowOf(page), 0, `${name}, ${width} px`)
      t.same(await accessibilityOf(page), [], `${name}, ${width} px, ${theme}`)
      t.same(complaints, [], name)
      await shoot(page, `${name}-${width}-${theme}`)
    }
  }
})
