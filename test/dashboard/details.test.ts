import t from 'tap'
import { accessibilityOf, noBrowser, overflowOf, shoot, startBrowser } from '../support/browser.js'
import { ago, closed, incident, insert, startTestApi } from '../support/api.js'
import { emoji, evil, insertOddMesh, long, seen } from '../support/odd-mesh.js'

const { app, get, pool } = await startTestApi(t)
const address = await app.listen({ host: '127.0.0.1', port: 0 })
const url = (...parts: string[]) => `/ui/${parts.map(encodeURIComponent).join('/')}`

/** What is read, markup taken out. */
const textOf = (html: string) => html.replace(/<(style|title)[^>]*>.*?<\/\1>/gs, '').replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
const read = async (address: string) => {
  const { status, text } = await get(address)
  t.equal(status, 200, address)
  t.notMatch(text, evil, 'names are text')
  return { html: text, text: textOf(text) }
}

async function insertHistory (): Promise<void> {
  await insertOddMesh(pool)
  const [hill, lake] = [{ from_node: 'Hill', to_node: 'Lake' }, { src: 'Hill', dst: 'Lake' }]
  await insert(pool, 'path_probe', [600, 1200, 1800].map((s) => ({ ...lake, peer: 'Lake', time: ago(s), received_at: ago(s), route: s === 1200 ? ['Hill', evil, 'Lake'] : ['Hill', 'Lake'], rtt_ms: 12, jitter_ms: 3, loss_pct: 0 })))
  await insert(pool, 'hop_quality', [600, 1200, 1800].map((s) => ({ ...hill, ...lake, hop_index: 0, link_type: 'rf', time: ago(s), received_at: ago(s), lq: 0.9, nlq: 0.9, etx: 1.2 })))
  await insert(pool, 'incidents', [
    incident('past', 90_000, { ...closed(80_000), kind: 'rf_quality_drop', category: 'network', scope: { type: 'link', a: 'Hill', b: 'Lake', medium: 'rf' }, subject: 'Hill--Lake' }),
    incident('older', 40 * 86_400, { ...closed(39 * 86_400), kind: 'rf_quality_drop', category: 'network', scope: { type: 'link', a: 'Hill', b: 'Lake', medium: 'rf' }, subject: 'Hill--Lake' }),
  ])
}

t.test('a node: what it is, what it last said, crashes, issues, links, paths, charts', async (t) => {
  await insertHistory()
  const { html, text } = await read('/ui/nodes/hill')
  for (const part of ['Hill active', 'MikroTik hAP ac lite', 'CPU 71%', 'Load 0.52', 'SIGSEGV', 'Thread monitor', 'Up for 2 h', '#0 main #1 start', 'Repeated crashes: Hill', 'Radio link quality dropped', 'Hill – Lake', 'Hill → Lake']) t.match(text, part)
  t.match(html, 'data-metric="cpu_pct"')
  t.notMatch(html, 'data-metric="mem_mb"', 'no chart of what it never said')
  t.match(html, /<a href="\/ui\/nodes\/Hill\?window=day" aria-current="true">Day/)
  t.match((await read('/ui/nodes/Hill?window=year')).html, 'aria-current="true">Year')
  t.equal((await get('/ui/nodes/Hill?window=century')).status, 400)
  t.equal((await get('/ui/nodes/nobody')).status, 404)
})

t.test('a radio, a retired node, one that others name only, names of every kind', async (t) => {
  await insertHistory()
  await insert(pool, 'hop_quality', [{ time: ago(30), received_at: ago(30), src: 'Hill', dst: 'Shy', hop_index: 0, from_node: 'Hill', to_node: 'Shy', lq: 1, nlq: 1, etx: 1 }])
  const radio = await read('/ui/nodes/Solar')
  t.match(radio.html, '/ui/radios/Solar/day')
  t.match(radio.html, 'data-metric="bat_pct"')
  t.notMatch((await read('/ui/nodes/Hill')).html, '/ui/radios/Hill')
  t.match((await read('/ui/nodes/Gone')).text, 'Gone retired Retired: it left the lists')
  t.match((await read('/ui/nodes/Shy')).text, 'Others name this node; it never sent anything itself.')
  t.notMatch((await read('/ui/nodes/Hill')).text, 'Others name this node')
  for (const name of [evil, long, emoji, 'Mute', 'Lost']) await read(url('nodes', name))
})

t.test('grid squares, and how the ends of a link stand to one another', async (t) => {
  await insertHistory()
  t.notMatch((await read('/ui/nodes/Hill')).text, 'Grid square')
  t.notMatch((await read('/ui/links/Hill/Lake')).text, 'Distance')
  await pool.query("update nodes set lat = 47.3, lon = 8.4 where name = 'Hill'")
  await pool.query("update nodes set info = '{\"grid_square\": \"JN47hm\"}' where name = 'Lake'")
  t.match((await read('/ui/nodes/Hill')).text, 'Location 47.30000, 8.40000 Grid square JN47eh')
  t.match((await read('/ui/nodes/Lake')).text, 'Grid square JN47hm')
  t.match((await read('/ui/links/Lake/Hill')).text, /Distance ≈ 29\.\d km Direction \d\d° there, \d{3}° back/)
  await pool.query("update nodes set lat = 47.5, lon = 8.6 where name = 'Lake'")
  t.match((await read('/ui/links/Hill/Lake?medium=tunnel')).text, 'Distance 26.9 km Direction 34° there, 214° back')
})

t.test('of many links 50 are shown', async (t) => {
  await insertOddMesh(pool)
  await insert(pool, 'nodes', [{ name: 'Server', kind: 'router', ...seen }])
  await insert(pool, 'hop_quality', Array.from({ length: 51 }, (_, i) => ({ time: ago(30), received_at: ago(30), src: 'Server', dst: `c${i}`, hop_index: 0, from_node: 'Server', to_node: `c${i}`, link_type: 'tunnel', lq: 1, nlq: 1, etx: 1 })))
  const { html } = await read('/ui/nodes/Server')
  t.equal(html.match(/medium=tunnel"/g)?.length, 50)
  t.match(html, '<a href="/ui/links?node=Server">All 51</a>')
})

t.test('a link: both ends, media, paths over it, issues of 30 days', async (t) => {
  await insertHistory()
  const { html, text } = await read('/ui/links/lake/HILL')
  for (const part of ['Hill – Lake rf', 'Also: tunnel', 'Hill says', 'Signal -60 dBm', 'SNR 35 dB', 'Transmit cost 256', 'Lake says', 'Signal -71 dBm', 'Hill → Lake', 'Closed issues of the last 30 days (1)']) t.match(text, part)
  t.match(html, 'data-metric="signal_dbm"')
  t.match((await read('/ui/links/Hill/Lake?medium=tunnel')).text, /Hill – Lake tunnel Also: rf .*Lake says Nothing within a day\./)
  t.match((await read(url('links', 'Hill', evil))).text, /says Nothing within a day\..*Hill says/)
  t.match((await read(url('links', 'Hill', emoji))).text, 'Nothing within a day.')
  t.equal((await get('/ui/links/Hill/nobody')).status, 404)
})

t.test('a path: now and of the hour, its route, how it changed', async (t) => {
  await insertHistory()
  const { html, text } = await read('/ui/paths/Hill/Lake')
  for (const part of ['Round trip 10.0 ms now,', 'Loss 0.0% now', 'On the map', 'Route now', 'Hill → Lake rf 0.95 0.90 1.17', 'High jitter: Hill']) t.match(text, part)
  t.match(html, '/ui/topology?highlight=Hill,Lake')
  t.equal(html.match(/<ul class="changes">(.*?)<\/ul>/s)?.[1]?.match(/<li>/g)?.length, 2)
  const distrusted = await read(url('paths', long, emoji))
  t.match(distrusted.text, 'The times of this agent are wrong')
  t.match(distrusted.text, 'The agent did not say which way the packets went.')
  t.match((await read('/ui/paths/Lake/Hill')).text, 'Not measured within a day.')
  await read(url('paths', 'Hill', evil))
  t.equal((await get('/ui/paths/Hill/nobody')).status, 404)
})

t.test('in a browser: every width and theme', { skip: noBrowser }, async (t) => {
  await insertHistory()
  const { open } = await startBrowser(t)
  for (const [path, name] of [['/ui/nodes/Hill', 'node'], [url('nodes', long), 'node-long'], ['/ui/links/Hill/Lake', 'link'], ['/ui/paths/Hill/Lake', 'path'], [url('paths', long, emoji), 'path-long']] as const) {
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
