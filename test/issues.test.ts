import t from 'tap'
import { loadConfig } from '../src/config.js'
import { startCollector } from '../src/server.js'
import pino from 'pino'
import { createTestDatabase } from './support/database.js'
import { until } from './support/embedded.js'

interface Issue { id: string, kind: string, subject: string, status: string, severity: string, cause: string, next_steps: string[], impact: { routes: number, paths: string[] }, timeline?: Array<{ from: string, to: string }> }

const { url: databaseUrl } = await createTestDatabase(t)
const { config } = loadConfig({ DATABASE_URL: databaseUrl, HOST: '127.0.0.1', PORT: '0', ENGINE_INTERVAL_S: '1', ENGINE_DELAY_S: '0' })

function start (): ReturnType<typeof startCollector> {
  return startCollector(config, pino({ level: 'silent' }))
}

async function ask<T> (url: string, path: string): Promise<T> {
  const answer = await fetch(`${url}${path}`, { headers: { connection: 'close' } })
  return await answer.json() as T
}

/** Windows of node-A to node-K, 40 s apart, the newest now. */
async function report (url: string, losses: number[]): Promise<void> {
  const now = Date.now()
  const messages = losses.map((loss, i) => ({
    schema: 'meshmon.v1', type: 'path_result', src: 'node-A', dst: 'node-K', sent_at: new Date(now - (losses.length - 1 - i) * 40_000).toISOString(), window_s: 5,
    route: ['node-A', 'node-D', 'node-K'], metrics: { rtt_ms_avg: 12, jitter_ms_rfc3550: 2, loss_pct: loss },
  }))
  const answer = await fetch(`${url}/ingest`, { method: 'POST', body: JSON.stringify(messages), headers: { connection: 'close' } })
  t.equal(answer.status, 200)
}

t.test('what a router reports becomes an issue with cause, impact and next steps, and outlives a restart', async (t) => {
  const first = await start()
  let running = first
  t.teardown(() => running.close())
  await first.ready
  await report(first.url, [0, 0, 5.5, 6])
  const [issue] = await until(async () => {
    const issues = await ask<Issue[]>(first.url, '/issues')
    return issues.length > 0 ? issues : null
  }, 'an issue opens')
  t.match(issue, { kind: 'loss_spike', subject: 'node-A>node-K', status: 'open', severity: 'major', impact: { routes: 1, paths: ['node-A>node-K'] } })
  t.match(issue?.cause, /node-A/)
  t.ok((issue?.next_steps.length ?? 0) > 0)

  await first.close()
  running = await start()
  const { url, ready } = running
  await ready
  t.match(await ask<Issue[]>(url, '/issues'), [{ id: issue?.id }])
  const judged = await until(async () => (await ask<{ engine: { last_slot: string | null } }>(url, '/healthz')).engine.last_slot, 'the new process judges')
  t.ok(Date.parse(judged) > 0)
  // Newer than what was judged, or it is late.
  await until(() => Date.now() > Date.parse(judged) + 1000, 'another second')
  await report(url, [0])
  const after = await until(async () => {
    const issue_ = await ask<Issue>(url, `/issues/${issue?.id}`)
    return issue_.status === 'closing' ? issue_ : null
  }, 'a clear window begins its end')
  t.match(after.timeline?.map(({ from, to }) => `${from}>${to}`).slice(-2), ['pending>open', 'open>closing'])
  t.equal((await ask<Issue[]>(url, '/issues?status=all')).length, 1, 'it is the same one')
  const metrics = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text()
  t.match(metrics, /meshmon_engine_evaluations_total\{rule="loss_spike",outcome="ok"\} [1-9]/)
})
