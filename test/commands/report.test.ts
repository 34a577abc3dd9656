import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createTestDatabase } from '../support/database.js'
import { runMeshmon } from '../support/process.js'

const { pool, url } = await createTestDatabase(t)

async function run (args: string[], settings: Record<string, string> = {}): Promise<{ code: unknown, output: string }> {
  const { ended, output } = runMeshmon(t, ['report', ...args], { DATABASE_URL: url, MESHMON_CONFIG: '/dev/null', TZ: 'Asia/Kolkata', ...settings })
  return { code: await ended, output: output() }
}

await pool.query(`
  insert into nodes (name, kind, first_seen, last_seen, info) values ('Hill', 'repeater', now(), now(), '{"display_name": "The <Hill>"}');
  insert into names values ('hill', 'Hill');
  insert into radio_metrics (time, node, metric, value) values ('2025-03-31T18:29:00Z', 'Hill', 'bat', 3900), ('2025-03-31T18:30:00Z', 'Hill', 'bat', 4100);
  insert into incidents (id, kind, category, subject, scope, state, severity, impact, started_at, opened_at)
  select 'i1', 'node_silent', 'node', 'n', '{"type": "node", "node": "n"}', 'open', 'minor', '{}', at, at
  from (select date_trunc('month', now()) - interval '15 days' as at) last_month`)

t.test('of a radio, in the zone that is set', async (t) => {
  const { code, output } = await run(['--radio', 'hill', '--month', '2025-04'])
  t.equal(code, 0, output)
  t.match(output, /MONTHLY MESHCORE REPORT for April 2025\n\nNODE: The <Hill>\nTIMES: Asia\/Kolkata\n[\s\S]*\n {2}1 {3}4\.10 .*00:00/)
  t.match(await run(['--radio', 'hill', '--month', '2025-04'], { TZ: 'UTC' }), { code: 1, output: 'there is no data of a radio hill in April 2025' })
  t.match(JSON.parse((await run(['--radio', 'Hill', '--year', '2025', '--format', 'json'])).output), { report_type: 'yearly', months_with_data: 2, monthly: [{ month: 3 }, { month: 4 }] })
})

t.test('of the mesh and the last month, where nothing else is asked for', async (t) => {
  const { code, output } = await run([])
  t.equal(code, 0, output)
  t.match(output, /MONTHLY MESH REPORT for/)
  t.match(output, /node_silent +1/)
})

t.test('to a file, with its style sheet', async (t) => {
  const folder = t.testdir()
  const file = join(folder, 'hill.html')
  t.same(await run(['--radio', 'Hill', '--year', '2025', '--format', 'html', '--out', file]), { code: 0, output: '' })
  const html = await readFile(file, 'utf8')
  t.match(html, /^<!doctype html><html lang="en">.*<style>[\s\S]*@media print[\s\S]*<h1>The &lt;Hill>? ?(&gt;)?.*in 2025<\/h1>/)
  t.notMatch(html, /(src|href)=/)
  t.same(await readdir(folder), ['hill.html'])
  t.match(await run(['--radio', 'Hill', '--year', '2025', '--out', join(folder, 'none', 'x')]), { code: 1, output: /ENOENT/ })
})

t.test('a wrong call says what is wrong', async (t) => {
  for (const [args, message] of [
    [['--month', '2025-13'], 'not a month such as 2026-10'], [['--year', '25'], 'not a year such as 2026'], [['--radio', 'x', '--mesh'], 'cannot be used with'],
    [['--month', '2025-04', '--year', '2025'], 'cannot be used with'], [['--format', 'pdf'], 'txt, json, html'],
  ] as const) t.match(await run([...args]), { code: 2, output: message }, args.join(' '))
  t.match(await run(['--help']), { code: 0, output: 'Examples:' })
})
