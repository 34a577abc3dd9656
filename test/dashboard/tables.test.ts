import t from 'tap'
import { accessibilityOf, noBrowser, overflowOf, shoot, startBrowser } from '../support/browser.js'
import { ago, insert, startTestApi } from '../support/api.js'
import { emoji, evil, insertOddMesh, long, seen } from '../support/odd-mesh.js'

const { app, get, pool } = await startTestApi(t)
const address = await app.listen({ host: '127.0.0.1', port: 0 })

/** The cells of each row, markup taken out. */
function rowsOf (html: string): string[][] {
  const body = /<tbody>(.*)<\/tbody>/s.exec(html)?.[1] ?? ''
  return [...body.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row = '']) => [...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) => cell.replace(/<[^>]*>/g, '').trim()))
}
const firsts = async (url: string) => rowsOf((await get(url)).text).map(([first]) => first)
const shownEvil = '&lt;script>alert(1)&lt;/script>'

t.test('nodes: what each last said, crashes, issues', async (t) => {
  await insertOddMesh(pool)
  const { status, text } = await get('/ui/nodes')
  t.equal(status, 200)
  const rows = new Map(rowsOf(text).map((row) => [row[0], row]))
  t.same([...rows.keys()], [shownEvil, emoji, 'Hill', 'Lake', 'Lost', 'Mute', 'Solar', long], 'by name, the retired one left out')
  t.same(rows.get('Hill')?.slice(1, 10), ['router', 'active', '3.25.8.0', 'MikroTik hAP ac lite', '71', '33', '0.52', '—', '2'])
  t.match(rows.get('Hill')?.at(-2), /^Critical repeated crashes and 2 more$/)
  t.equal(rows.get('Lake')?.[5], '—', 'two days ago is not now')
  t.match(rows.get('Solar')?.[8], /^[1-9]\d$/)
  t.same(rows.get('Mute')?.slice(5, 9), ['—', '—', '—', '—'])
  t.match(text, '<title>CPU of Hill:')
  t.notMatch(text, evil)
})

t.test('nodes: filters and order', async (t) => {
  await insertOddMesh(pool)
  t.same(await firsts('/ui/nodes?status=retired'), ['Gone'])
  t.same(await firsts('/ui/nodes?status=dead&q=&kind='), ['Lost'])
  t.same(await firsts('/ui/nodes?kind=repeater'), ['Solar'])
  t.same(await firsts('/ui/nodes?q=HIL'), ['Hill'])
  t.same((await firsts('/ui/nodes?sort=cpu'))[0], 'Hill', 'the largest first, those without last')
  t.same((await firsts('/ui/nodes?sort=cpu&dir=asc'))[0], 'Hill')
  t.same((await firsts('/ui/nodes?sort=node&dir=desc'))[0], long)
  t.match((await get('/ui/nodes?q=nobody')).text, 'Nothing matches.')
  t.match((await get('/ui/nodes?sort=crashes')).text, /aria-sort="descending"><a href="\/ui\/nodes\?sort=crashes&amp;dir=asc&amp;page=1"/)
  for (const wrong of ['sort=colour', 'dir=up', 'page=0', 'status=well', 'colour=red']) t.equal((await get(`/ui/nodes?${wrong}`)).status, 400, wrong)
})

t.test('links: figures of both ends, media apart, one direction only', async (t) => {
  await insertOddMesh(pool)
  const rows = rowsOf((await get('/ui/links?sort=link&dir=asc')).text)
  t.same(rows.map(([link, medium]) => [link, medium]), [[`${shownEvil} – Hill`, 'rf'], ['Hill – Lake', 'rf'], ['Hill – Lake', 'tunnel'], [`${long} – ${emoji}`, 'rf']])
  t.same(rows[1]?.slice(2, 8), ['0.95', '0.90', '1.17', '-60 / -71', '35 / 24', '256 / 300'])
  t.same(rows[0]?.slice(2, 8), ['0.40', '0.50', '5.00', '—', '—', '—'], 'told by Hill, turned')
  t.match(rows[1]?.at(-2), /^Major rf quality drop$/)
  t.same(await firsts('/ui/links?only=issues'), ['Hill – Lake'])
  t.same((await firsts('/ui/links?only=one-way')).length, 3)
  t.same(await firsts('/ui/links?medium=tunnel'), ['Hill – Lake'])
  t.same((await firsts('/ui/links?node=lake')).length, 2)
  t.same((await firsts('/ui/links?sort=etx'))[0], `${shownEvil} – Hill`)
  t.match((await get('/ui/links')).text, '/ui/links/Hill/Lake?medium=tunnel')
})

t.test('paths: now, of the hour, hops', async (t) => {
  await insertOddMesh(pool)
  const rows = rowsOf((await get('/ui/paths')).text)
  t.same(rows.map(([name]) => name), [`Hill → ${shownEvil}`, 'Hill → Lake', `${long} → ${emoji}`])
  t.same(rows[1]?.slice(1, 4), ['10.0', '20.0', '29.0'])
  t.same(rows[0]?.slice(4, 12), ['—', '—', '—', '4.0', '4.0', '4.0', 'Hill – &lt;script>alert(1)&lt;/script>, ETX 5.00', '1'])
  t.equal(rows[1]?.[10], '', 'a hop without quality is no worst hop')
  t.same([rows[2]?.[1], rows[2]?.[11]], ['—', '—'], 'no time that counts, no route')
  t.same(await firsts('/ui/paths?only=quiet'), [`${long} → ${emoji}`])
  t.same(await firsts('/ui/paths?only=issues'), ['Hill → Lake'])
  t.same(await firsts('/ui/paths?node=lake'), ['Hill → Lake'])
  t.same(await firsts('/ui/paths?q=säntis'), [`${long} → ${emoji}`])
  t.same((await firsts('/ui/paths?sort=loss'))[0], `Hill → ${shownEvil}`)
})

t.test('more than 200 rows are pages', async (t) => {
  await insert(pool, 'nodes', Array.from({ length: 201 }, (_, i) => ({ name: `n${i}`, kind: 'router', ...seen })))
  const first = await get('/ui/nodes')
  t.equal(rowsOf(first.text).length, 200)
  t.match(first.text, '201 rows · page 1 of 2')
  const [, next = ''] = /<a rel="next" href="([^"]+)"/.exec(first.text) ?? []
  t.same(await firsts(next.replaceAll('&amp;', '&')), ['n200'])
  t.same(await firsts('/ui/nodes?page=9'), ['n200'], 'the last page where there are fewer')
})

t.test('by name, the state of those paths is read that the page shows; by anything else, of all', async (t) => {
  await insert(pool, 'path_probe', Array.from({ length: 203 }, (_, i) => ({ time: ago(60), src: `n${i}`, dst: 'z', peer: 'z', route: [], rtt_ms: i })))
  const described: number[] = []
  const { query } = pool
  pool.query = ((...args: unknown[]) => {
    const [sql, values] = args as [string, unknown[][]?]
    if (sql.includes('percentile_cont')) described.push(values?.[0]?.length ?? 0)
    return Reflect.apply(query, pool, args)
  }) as typeof query
  t.teardown(() => { pool.query = query })
  t.same((await firsts('/ui/paths?page=2')), ['n200 → z', 'n201 → z', 'n202 → z'])
  t.same((await firsts('/ui/paths?sort=rtt')).slice(0, 2), ['n202 → z', 'n201 → z'])
  t.match((await get('/ui/paths')).text, '203 rows · page 1 of 2')
  t.same(described, [3, 203, 200])
})

t.test('in a browser: every width and theme', { skip: noBrowser }, async (t) => {
  await insertOddMesh(pool)
  const { open } = await startBrowser(t)
  for (const name of ['nodes', 'links', 'paths']) {
    for (const [width, theme] of [[360, 'light'], [360, 'dark'], [1280, 'light'], [1280, 'dark']] as const) {
      const { page, complaints } = await open(t, `${address}/ui/${name}`, { width, theme })
      await page.waitForSelector('#live[data-live-state=on]')
      t.equal(await overflowOf(page), 0, `${name}, ${width} px`)
      t.same(await accessibilityOf(page), [], `${name}, ${width} px, ${theme}`)
      t.same(complaints, [], name)
      await shoot(page, `${name}-${width}-${theme}`)
    }
  }
  const { page } = await open(t, `${address}/ui/nodes`, { width: 1280, javaScript: false })
  await page.fill('#filter-q', 'hil')
  await page.click('.filter button')
  t.same(await page.locator('tbody tr').count(), 1)
})
