import t from 'tap'
import { createTestDatabase } from '../support/database.js'
import { runMeshmon } from '../support/process.js'

const { pool, url } = await createTestDatabase(t)

async function run (...args: string[]): Promise<{ code: unknown, output: string }> {
  const { ended, output } = runMeshmon(t, ['replay', ...args], { DATABASE_URL: url })
  return { code: await ended, output: output() }
}

// A path that loses a fifth of its packets from half an hour ago on.
await pool.query(`
  insert into path_probe (time, received_at, src, dst, peer, route, loss_pct, window_s)
  select time, time, 'a', 'b', 'b', '["a", "b"]', case when time > now() - interval '30 minutes' then 20 else 0 end, 5
  from generate_series(now() - interval '1 hour', now() - interval '1 minute', interval '40 seconds') as time`)

t.test('it prints the incidents and a count of each rule', async (t) => {
  const { code, output } = await run('--from', '-1h', '--to', 'now', '--step', '60')
  t.equal(code, 0)
  t.match(output, / \| open +\| major +\| loss_spike +\| a>b\b/)
  t.match(output, /^ loss_spike +\| +1 \| +0 \| +1 \| +0 \| +1 \| +0$/m)
  t.match(output, /evaluations in [\d.]+ s: 1 incident$/m)
})

t.test('a rules file is tried, and JSON is what the API answers', async (t) => {
  const folder = t.testdir({ 'rules.yaml': 'loss_spike:\n  enabled: false\n', 'bad.yaml': 'loss_spice: {}\n' })
  const [json, other, bad] = await Promise.all([
    run('--from', '-1h', '--step', '60', '--json'), run('--from', '-1h', '--step', '60', '--rules', `${folder}/rules.yaml`), run('--rules', `${folder}/bad.yaml`),
  ])
  t.match(JSON.parse(json.output), { slots: 60, incidents: [{ kind: 'loss_spike', subject: 'a>b', status: 'open', title: 'Packet loss: a → b', ended_at: null, impact: { routes: 1, paths: ['a>b'] } }] })
  t.match(other, { code: 0, output: /: no incidents$/m })
  t.match(bad, { code: 2, output: /bad\.yaml:1:1: loss_spice: there is no such rule; did you mean "loss_spike"\?/ })
})

t.test('a time that is none, or too long a span, is a wrong call', async (t) => {
  t.match(await run('--from', 'yesterday'), { code: 2, output: '"yesterday" is not a time like' })
  t.match(await run('--from', '-32d'), { code: 2, output: 'a replay spans 31 days at most' })
  t.match(await run('--step', '0'), { code: 2, output: 'not a whole number' })
})
