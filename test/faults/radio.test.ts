import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openForCommand } from '../../src/commands/connect.js'
import { loadConfig } from '../../src/config.js'
import { temporaryFolder, until } from '../support/embedded.js'
import { freePort, runMeshmon } from '../support/process.js'
import { serve } from '../support/serve.js'

const stepS = 5

/** The three programs of a newcomer's three terminals, and how often each has been started. */
async function setUp (t: Test) {
  const folder = temporaryFolder(t)
  const [collectorPort, radioPort, figuresPort] = [await freePort(), await freePort(), await freePort()]
  const figures = `http://127.0.0.1:${figuresPort}`
  const start = {
    collector: () => serve(t, join(folder, 'collector'), collectorPort),
    radio: () => runMeshmon(t, ['simulate', '--radio', '--port', String(radioPort), '--loss', '0']),
    worker: () => runMeshmon(t, ['radio'], {
      MESHMON_CONFIG: '/dev/null',
      DATA_DIR: join(folder, 'worker'),
      COLLECTOR_URL: `http://127.0.0.1:${collectorPort}`,
      MESH_TRANSPORT: 'tcp', MESH_TCP_HOST: '127.0.0.1', MESH_TCP_PORT: String(radioPort),
      HOST: '127.0.0.1', METRICS_PORT: String(figuresPort),
      REPEATERS: '[{ name: Hill, password: hill-pass }]', COMPANION_STEP: String(stepS), REPEATER_STEP: '60', RADIO_BUDGET_S_PER_H: '3600',
    }),
  }
  const collector = `http://127.0.0.1:${collectorPort}`
  const health = async () => await fetch(`${figures}/healthz`)
    .then(async (answer) => await answer.json() as { companion: { connected: boolean }, collector: { waiting: number } }, () => null)
  const readings = async (): Promise<number> => {
    const answer = await fetch(`${collector}/radios/Base-1/series?metric=uptime_secs&raw=true&points=5000`)
    if (answer.status !== 200) return 0
    const { series: [one] } = await answer.json() as { series: { points: unknown[] }[] }
    return one?.points.length ?? 0
  }
  return { folder, start, collector, health, readings }
}

t.test('collector, worker and radio are killed in turn: no reading is lost, none is double, and the series shows them', { timeout: 300_000 }, async (t) => {
  const { folder, start, collector, health, readings } = await setUp(t)
  let running = { collector: start.collector(), radio: start.radio(), worker: start.worker() }
  await until(async () => await fetch(`${collector}/readyz`).then(({ ok }) => ok, () => false) && await readings() >= 2, 'two readings', 90_000)

  running.collector.child.kill('SIGKILL')
  await running.collector.ended
  const awayFrom = new Date().toISOString()
  await until(async () => ((await health())?.collector.waiting ?? 0) >= 2, 'readings that wait', 60_000)
  running.worker.child.kill('SIGKILL')
  await running.worker.ended
  running = { ...running, worker: start.worker() }
  await until(async () => ((await health())?.collector.waiting ?? 0) >= 3, 'one more beside those from before', 60_000)
  const awayTo = new Date().toISOString()
  running = { ...running, collector: start.collector() }
  await until(async () => (await health())?.collector.waiting === 0, 'nothing that waits', 120_000)

  running.radio.child.kill('SIGKILL')
  await running.radio.ended
  await until(async () => (await health())?.companion.connected === false, 'the loss of the radio', 60_000)
  const before = await readings()
  running = { ...running, radio: start.radio() }
  await until(async () => await readings() > before, 'a reading of the radio that came again', 90_000)
  await until(async () => (await (await fetch(`${collector}/radios/Hill/series?metric=bat`)).json() as { series: { points: unknown[] }[] }).series[0]?.points.length !== 0, 'the battery of the repeater', 90_000)

  running.worker.child.kill('SIGTERM')
  t.equal(await running.worker.ended, 0)
  t.notMatch(running.worker.output(), 'hill-pass')
  running.collector.child.kill('SIGTERM')
  t.equal(await running.collector.ended, 0)

  const { config } = loadConfig({ DATA_DIR: join(folder, 'collector') })
  const database = await openForCommand(config, { info: () => {}, warn: () => {}, error: () => {} })
  t.teardown(() => database.close())
  const { rows: [row] } = await database.pool.query<{ readings: number, times: number, while_away: number }>(`
    select count(*)::int as readings, count(distinct time)::int as times, (count(*) filter (where time between $1 and $2))::int as while_away
    from radio_metrics where node = 'Base-1' and metric = 'uptime_secs'`, [awayFrom, awayTo])
  t.equal(row?.readings, row?.times)
  t.ok((row?.while_away ?? 0) >= 3, `${row?.while_away} of ${row?.readings} readings are of the time without a collector`)
})
