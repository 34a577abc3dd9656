import t from 'tap'
import { startTestCollector } from '../support/collector.js'
import { insert } from '../support/api.js'

const { url, pool } = await startTestCollector(t, { ENGINE_INTERVAL_S: '300' })
const minuteMs = 60_000

/** Three hours of a path by its windows of 40 s, with 20 % of its packets lost for ten minutes, 6 % and 0.8 % for ten others. */
async function insertLosses (): Promise<void> {
  await insert(pool, 'nodes', ['Hill', 'Town'].map((name) => ({ name, kind: 'router', first_seen: new Date(Date.now() - 9e7).toISOString(), last_seen: new Date().toISOString() })))
  await pool.query(`
    insert into path_probe (time, received_at, src, dst, peer, route, rtt_ms, jitter_ms, loss_pct, window_s)
    select at, at, 'Hill', 'Town', 'Town', '["Hill", "Town"]', 12, 2, case when ago between 140 and 150 then 20 when ago between 90 and 100 then 6 when ago between 40 and 50 then 0.8 else 0 end, 40
    from generate_series($1::timestamptz, now(), '40 seconds') as at, lateral (select extract(epoch from now() - at) / 60 as ago) as age`, [new Date(Date.now() - 180 * minuteMs).toISOString()])
}

async function preview (rule: string, fields: Record<string, string>): Promise<{ status: number, text: string }> {
  const answer = await fetch(`${url}/ui/rules/${rule}/preview`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields) })
  return { status: answer.status, text: await answer.text() }
}

await insertLosses()

t.test('the form of a rule holds what is in force, and judges what was measured by other numbers', async (t) => {
  const page = await (await fetch(`${url}/ui/rules`)).text()
  const [, form = ''] = /action="\/ui\/rules\/loss_spike\/preview">(.*?)<\/form>/s.exec(page) ?? []
  const fields = Object.fromEntries([...form.matchAll(/name="([^"]+)" type="number" step="any" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))
  t.ok(Object.keys(fields).length >= 4, Object.keys(fields).join(' '))
  t.match(await preview('loss_spike', { ...fields, hours: '6' }), { status: 400, text: /change at least one number/ })

  const { status, text } = await preview('loss_spike', { ...fields, hours: '6', open_pct: '0.5', clear_pct: '0.2', slow_pct: '0.4' })
  t.equal(status, 200, text)
  t.match(text, 'What loss_spike would have found')
  t.match(text, 'In force: 2 issues. Tried: 3.')
  t.equal(text.split('Packet loss: Hill → Town').length - 1, 3)
  t.match(text, /only as tried.*<span class="flag">both<\/span>/s, 'what differs comes first')

  const blunt = await preview('loss_spike', { ...fields, hours: '6', open_pct: '10', slow_pct: '10', major_pct: '15' })
  t.match(blunt.text, 'In force: 2 issues. Tried: 1.')
  t.match(blunt.text, /only in force/)
  t.notMatch(blunt.text, 'only as tried')

  t.match(await preview('loss_spike', { ...fields, hours: '6', open_pct: '0.1' }), { status: 400, text: /clear_pct: must not be above open_pct \(0\.1\), not 1/ })
  t.match(await preview('loss_spike', { ...fields, hours: '6', open_pct: '300' }), { status: 400, text: /open_pct: must be a number from 0 to 100, not 300/ })
  t.equal((await pool.query("select from incidents where kind = 'loss_spike'")).rows.length, 0, 'nothing was opened by it')
})
